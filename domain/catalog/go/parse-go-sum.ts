/** go.sum (https://go.dev/ref/mod#go-sum-files): `path version hash` a line, twice a module. */
import { CatalogError } from '../catalog-error.ts';
import type { GoSum } from '../manifest.ts';
import { splitLines } from '../split-lines.ts';

const MAX_LINES = 400_000;

/** The hashes of the modules' files; those of their go.mod alone say nothing of what is used. */
export function parseGoSum(text: string): GoSum {
  const hashes: GoSum['hashes'] = [];
  for (const line of splitLines(text, MAX_LINES)) {
    const match = /^(\S+) (\S+) (h1:[A-Za-z0-9+/]{43}=)$/.exec(line.trim());
    if (match === null && line.trim() !== '' && !/^\S+ \S+ h\d+:\S+$/.test(line.trim()))
      throw new CatalogError('UNEXPECTED_SHAPE', 'a line of go.sum that is no hash of a module');
    if (match !== null && match[2]?.endsWith('/go.mod') !== true)
      hashes.push([`${match[1]}@${match[2]}`, match[3] ?? '']);
  }
  return { format: 'go-sum', hashes };
}
