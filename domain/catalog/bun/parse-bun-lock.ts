/** bun.lock, versions 0 and 1 (https://bun.sh/docs/install/lockfile): a list for each place in node_modules. */
import { CatalogError } from '../catalog-error.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { fetchedPackage } from '../npm/fetched-package.ts';
import { parseIntegrity } from '../npm/parse-integrity.ts';
import { originsOf, publicAddress, vcsUrl } from '../public-address.ts';
import { reachScopes } from '../reach-scopes.ts';
import { entriesOf, type Fields, fieldsOf, listOf, namesOf, requireFields, textOf } from '../read-fields.ts';

/** Throws a CatalogError for a version of the format that Bun has not made yet. */
export function parseBunLock(json: unknown): LockedPackage[] {
  const lock = requireFields(json, 'bun.lock');
  if (lock.lockfileVersion !== 0 && lock.lockfileVersion !== 1)
    throw new CatalogError('UNSUPPORTED_VERSION', 'a lockfileVersion other than 0 and 1');
  const entries = entriesOf(lock.packages);
  const places = new Set(entries.map(([place]) => place));
  const optional = new Map<string, string[]>();
  const packages = entries.flatMap(([place, value]): LockedPackage[] => {
    const row = listOf(value);
    const facts = fieldsOf(row.find((one) => typeof one === 'object'));
    const optionals = targets(place, facts.optionalDependencies, places);
    if (optionals.length > 0) optional.set(place, optionals);
    const made = toPackage(place, row);
    const needed = ['dependencies', 'peerDependencies'].flatMap((field) => targets(place, facts[field], places));
    return made === undefined ? [] : [{ ...made, requires: [...needed, ...optionals] }];
  });
  return reachScopes(packages, rootsOf(lock, places), optional);
}

/** `undefined` for a workspace, a folder or a link. */
function toPackage(key: string, row: readonly unknown[]): LockedPackage | undefined {
  const match = /^((?:@[^/@]+\/)?[^@/]+)@(.+)$/.exec(textOf(row[0]) ?? '');
  if (match?.[1] === undefined || match[2] === undefined)
    throw new CatalogError('UNEXPECTED_SHAPE', 'an entry of "packages" that names no package');
  const [, name, reference] = match;
  if (/^(?:workspace|link|file|root):/.test(reference)) return undefined;
  const integrity = row.map(textOf).find((text) => /^sha\d+-/.test(text ?? ''));
  const base = { key, name, requires: [], hashes: parseIntegrity(integrity ?? '') };
  if (/^\d/.test(reference)) {
    const from = textOf(row[1]);
    return { ...base, ...fetchedPackage({ name, version: reference }, from), fetchedFrom: originsOf(from) };
  }
  const [address = '', commit] = reference.split('#', 2);
  if (/^https?:/.test(address) && commit === undefined)
    return { ...base, version: '', downloadUrl: publicAddress(address) };
  return { ...base, version: commit ?? '', vcsUrl: vcsUrl(address, commit) };
}

/** From the place outwards, as Node looks them up: `a/b/c`, `a/c`, `c`. */
function targets(place: string, dependencies: unknown, places: ReadonlySet<string>): string[] {
  return namesOf(dependencies).flatMap((name) => {
    const folders = place.match(/(?:@[^/]+\/)?[^/]+/g) ?? [];
    for (let depth = folders.length; depth >= 0; depth -= 1) {
      const candidate = [...folders.slice(0, depth), name].join('/');
      if (places.has(candidate)) return candidate;
    }
    return [];
  });
}

function rootsOf(lock: Fields, places: ReadonlySet<string>): Parameters<typeof reachScopes>[1] {
  const workspaces = entriesOf(lock.workspaces).map(([, workspace]) => fieldsOf(workspace));
  const roots = (field: string): string[] =>
    workspaces.flatMap((workspace) => targets(textOf(workspace.name) ?? '', workspace[field], places));
  return {
    runtime: [...roots('dependencies'), ...roots('peerDependencies')],
    optional: roots('optionalDependencies'),
    development: roots('devDependencies'),
  };
}
