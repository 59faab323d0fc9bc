/** uv.lock, version 1 (https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile): TOML. */
import { CatalogError } from '../catalog-error.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { originOf, publicAddress, vcsUrl } from '../public-address.ts';
import { reachScopes } from '../reach-scopes.ts';
import { entriesOf, type Fields, fieldsOf, listOf, textOf } from '../read-fields.ts';
import { distributionHashes } from './naming.ts';

interface Entry {
  readonly key: string;
  readonly fields: Fields;
  /** A member of the workspace, or a folder beside it: the project itself. */
  readonly isOwn: boolean;
}

/** The project's own packages are left out; what they ask for decides the scopes. */
export function parseUvLock(lock: Fields): LockedPackage[] {
  if (lock.version !== 1) throw new CatalogError('UNSUPPORTED_VERSION', 'a version of uv.lock other than 1');
  const entries = listOf(lock.package).map((value): Entry => {
    const fields = fieldsOf(value);
    const source = fieldsOf(fields.source);
    const isOwn = ['editable', 'virtual', 'directory', 'path'].some((kind) => source[kind] !== undefined);
    return { key: keyOf(fields), fields, isOwn };
  });
  const byName = Map.groupBy(entries, ({ fields }) => textOf(fields.name) ?? '');
  const follow = (dependencies: unknown): string[] =>
    listOf(dependencies).flatMap((value) => {
      const wanted = fieldsOf(value);
      const version = textOf(wanted.version);
      const named = byName.get(textOf(wanted.name) ?? '') ?? [];
      return named.filter(({ fields }) => version === undefined || fields.version === version).map(({ key }) => key);
    });
  const groups = (entry: Entry, table: string): string[] =>
    entriesOf(entry.fields[table]).flatMap(([, dependencies]) => follow(dependencies));
  const own = entries.filter(({ isOwn }) => isOwn);
  const packages = entries
    .filter(({ isOwn }) => !isOwn)
    .map((entry) =>
      toPackage(entry, [...follow(entry.fields.dependencies), ...groups(entry, 'optional-dependencies')]),
    );
  return reachScopes(packages, {
    runtime: own.flatMap(({ fields }) => follow(fields.dependencies)),
    optional: own.flatMap((entry) => groups(entry, 'optional-dependencies')),
    development: own.flatMap((entry) => groups(entry, 'dev-dependencies')),
  });
}

function keyOf(fields: Fields): string {
  return `${textOf(fields.name) ?? ''} ${textOf(fields.version) ?? ''} ${JSON.stringify(fields.source)}`;
}

function toPackage({ key, fields }: Entry, requires: readonly string[]): LockedPackage {
  const source = fieldsOf(fields.source);
  const git = textOf(source.git);
  const address = textOf(source.url);
  const files = [fields.sdist, ...listOf(fields.wheels)].map(fieldsOf);
  return {
    key,
    name: textOf(fields.name) ?? '',
    version: textOf(fields.version) ?? '',
    requires,
    hashes: distributionHashes(files.map((file) => ({ file: textOf(file.url) ?? '', hash: textOf(file.hash) }))),
    fetchedFrom: originOf(textOf(source.registry)),
    vcsUrl: git === undefined ? undefined : vcsUrl(git, git.split('#')[1]),
    downloadUrl: address === undefined ? undefined : publicAddress(address),
  };
}
