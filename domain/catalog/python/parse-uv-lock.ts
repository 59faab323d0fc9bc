/** uv.lock, version 1 (https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile): TOML. */

import type { AskedRange } from '../../sbom/component.ts';
import { CatalogError } from '../catalog-error.ts';
import { type LockedPackage, UNKNOWN_RANGE } from '../locked-packages.ts';
import { originsOf, publicAddress, vcsUrl } from '../public-address.ts';
import { reachScopes } from '../reach-scopes.ts';
import { entriesOf, type Fields, fieldsOf, listOf, textOf } from '../read-fields.ts';
import { distributionHashes } from './naming.ts';

interface Entry {
  readonly key: string;
  readonly fields: Fields;
  /** A member of the workspace, or a folder beside it: the project itself. */
  readonly isOwn: boolean;
}

/** The project's own packages are left out; what they ask for decides the scopes. Of other packages uv keeps no ranges. */
export function parseUvLock(lock: Fields): LockedPackage[] {
  if (lock.version !== 1) throw new CatalogError('UNSUPPORTED_VERSION', 'a version of uv.lock other than 1');
  const entries = listOf(lock.package).map((value): Entry => {
    const fields = fieldsOf(value);
    const source = fieldsOf(fields.source);
    // `path` is a wheel or an archive beside the lockfile: somebody's package.
    const isOwn = ['editable', 'virtual', 'directory'].some((kind) => source[kind] !== undefined);
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
  const own = [...entries.filter(({ isOwn }) => isOwn), rootOf(lock)];
  const asked = new Map<string, AskedRange[]>();
  for (const entry of own) {
    const rangesOf = manifestRanges(entry.fields);
    for (const key of new Set([
      ...follow(entry.fields.dependencies),
      ...groups(entry, 'optional-dependencies'),
      ...groups(entry, 'dev-dependencies'),
    ])) {
      const name = key.slice(0, key.indexOf(' '));
      const known = asked.get(key) ?? [];
      // Of several versions the markers say who gets which: then nothing is promised.
      const ranges = byName.get(name)?.length === 1 ? rangesOf.get(name) : undefined;
      known.push(...(ranges ?? [UNKNOWN_RANGE]).map((range) => ({ range })));
      asked.set(key, known);
    }
  }
  const packages = entries
    .filter(({ isOwn }) => !isOwn)
    .map((entry) =>
      toPackage(
        entry,
        [...follow(entry.fields.dependencies), ...groups(entry, 'optional-dependencies')],
        asked.get(entry.key),
      ),
    );
  return reachScopes(packages, {
    runtime: own.flatMap(({ fields }) => follow(fields.dependencies)),
    optional: own.flatMap((entry) => groups(entry, 'optional-dependencies')),
    development: own.flatMap((entry) => groups(entry, 'dev-dependencies')),
  });
}

/** What is asked for outside of any package: groups of a workspace whose root is no project, requirements of a script. */
function rootOf(lock: Fields): Entry {
  const { requirements, 'dependency-groups': groups } = fieldsOf(lock.manifest);
  const metadata = { 'requires-dist': requirements, 'requires-dev': groups };
  return { key: '', fields: { dependencies: requirements, 'dev-dependencies': groups, metadata }, isOwn: true };
}

/** By package, what the project's manifest asked for when it was locked. */
function manifestRanges({ metadata }: Fields): ReadonlyMap<string, readonly string[]> {
  const { 'requires-dist': own, 'requires-dev': groups } = fieldsOf(metadata);
  const said = [own, ...entriesOf(groups).map(([, list]) => list)].flatMap((list) => listOf(list).map(fieldsOf));
  const byName = Map.groupBy(said, ({ name }) => textOf(name) ?? '');
  return new Map(
    [...byName].map(([name, entries]) => [name, entries.map(({ specifier }) => textOf(specifier) ?? '*')]),
  );
}

function keyOf(fields: Fields): string {
  return `${textOf(fields.name) ?? ''} ${textOf(fields.version) ?? ''} ${JSON.stringify(fields.source)}`;
}

function toPackage(
  { key, fields }: Entry,
  requires: readonly string[],
  askedFor: readonly AskedRange[] | undefined,
): LockedPackage {
  const source = fieldsOf(fields.source);
  const git = textOf(source.git);
  const address = textOf(source.url);
  const files = [fields.sdist, ...listOf(fields.wheels)].map(fieldsOf);
  return {
    key,
    name: textOf(fields.name) ?? '',
    version: textOf(fields.version) ?? '',
    requires,
    askedFor,
    hashes: distributionHashes(
      files.map((file) => ({ file: textOf(file.url) ?? textOf(file.filename) ?? '', hash: textOf(file.hash) })),
    ),
    fetchedFrom: originsOf(textOf(source.registry), ...files.map(({ url }) => textOf(url))),
    vcsUrl: git === undefined ? undefined : vcsUrl(git, git.split('#')[1]),
    downloadUrl: address === undefined ? undefined : publicAddress(address),
  };
}
