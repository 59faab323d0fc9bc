/** mix.lock (https://hexdocs.pm/mix/Mix.Tasks.Deps.html): a map from application to a tuple of its source. */
import { CatalogError } from '../catalog-error.ts';
import { hexHash } from '../file-hash.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { vcsUrl } from '../public-address.ts';
import { readTerm, type Term } from './read-term.ts';

/** `{:hex, :name, "1.0.0", "inner hash", [managers], [dependencies], "repository", "outer hash"}`, or `{:git, …}`. */
export function parseMixLock(text: string): LockedPackage[] {
  const entries = listOf(readTerm(text));
  return entries.map((entry): LockedPackage => {
    if (typeof entry === 'string' || !('key' in entry)) throw new CatalogError('UNEXPECTED_SHAPE', 'no mix.lock');
    const tuple = listOf(entry.value);
    const [kind, second, third] = tuple.map(textOf);
    if (kind === 'git')
      return { key: entry.key, name: entry.key, version: '', requires: [], vcsUrl: vcsUrl(second ?? '', third) };
    if (kind !== 'hex') throw new CatalogError('UNEXPECTED_SHAPE', 'a package from neither Hex nor Git');
    return {
      key: entry.key,
      name: second ?? entry.key,
      version: third ?? '',
      requires: listOf(tuple[5] ?? []).map((dependency) => textOf(listOf(dependency)[0] ?? '') ?? ''),
      // The outer hash is of the file that Hex serves; the inner one is of what is inside.
      hashes: hexHash('SHA-256', textOf(tuple[7] ?? '')),
      ...(textOf(tuple[6] ?? '') === 'hexpm' ? { fetchedFrom: ['https://repo.hex.pm'] } : {}),
    };
  });
}

function listOf(term: Term): readonly Term[] {
  return typeof term === 'string' || 'key' in term ? [] : term;
}

function textOf(term: Term): string | undefined {
  return typeof term === 'string' ? term : undefined;
}
