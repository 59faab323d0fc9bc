/** /var/lib/dpkg/info/<package>.md5sums: one file a line, `<md5>  <path from the root>` (deb-md5sums(5)). */
import { CatalogError } from '../catalog-error.ts';
import { isWorthOwning } from '../system/owned-files.ts';

const MAX_FILES = 200_000;

/** The files another cataloger may look into. Throws a CatalogError (TOO_MANY). */
export function parseMd5sums(text: string): string[] {
  const files: string[] = [];
  for (const line of text.split('\n')) {
    const path = /^[0-9a-f]{32} [ *](?:\.?\/)?(.+)$/.exec(line)?.[1];
    if (path !== undefined && isWorthOwning(path)) files.push(path);
    if (files.length > MAX_FILES) throw new CatalogError('TOO_MANY', `more than ${MAX_FILES} files`);
  }
  return files;
}
