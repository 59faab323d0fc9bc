/** composer.lock (https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file-to-version-control). */
import { toLicenceClaim } from '../../sbom/licence.ts';
import { CatalogError } from '../catalog-error.ts';
import { hexHash } from '../file-hash.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { originsOf, vcsUrl } from '../public-address.ts';
import { entriesOf, type Fields, fieldsOf, listOf, namesOf, requireFields, textOf } from '../read-fields.ts';
import { repositoryOf } from './repository-address.ts';

/** Packages of the project's own folders (`path`) are left out. */
export function parseComposerLock(json: unknown): LockedPackage[] {
  const lock = requireFields(json, 'composer.lock');
  if (!Array.isArray(lock.packages)) throw new CatalogError('UNEXPECTED_SHAPE', 'a composer.lock without "packages"');
  const runtime = listOf(lock.packages).map(fieldsOf);
  const development = listOf(lock['packages-dev']).map(fieldsOf);
  const asked = Map.groupBy(
    [...runtime, ...development].flatMap((entry) =>
      entriesOf(entry.require).map(([name, range]) => ({
        name: name.toLowerCase(),
        by: textOf(entry.name)?.toLowerCase(),
        range: textOf(range) ?? '?',
      })),
    ),
    ({ name }) => name,
  );
  return [
    ...runtime.flatMap((one) => composerPackage(one, 'runtime')),
    ...development.flatMap((one) => composerPackage(one, 'development')),
  ].map((one) => ({ ...one, askedFor: asked.get(one.key) }));
}

/** One entry of composer.lock or installed.json; none for a folder of the project. Throws a CatalogError. */
export function composerPackage(entry: Fields, scope: 'runtime' | 'development'): LockedPackage[] {
  const name = textOf(entry.name);
  if (name === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'a package without a name');
  const dist = fieldsOf(entry.dist);
  const source = fieldsOf(entry.source);
  if (dist.type === 'path') return [];
  const version = textOf(entry.version) ?? '';
  const repository = textOf(source.url);
  // Archives that code hosts make have no hash: their commit says what they are. Elsewhere a reference may be a tag.
  const references = [dist.reference, source.reference].map((one) => textOf(one) ?? '');
  const commits = [...new Set(references.filter((one) => /^[0-9a-f]{40}$/.test(one)))];
  // A branch moves: what was installed is the commit.
  const isBranch = version.startsWith('dev-') || version.endsWith('-dev');
  const places = [...(originsOf(textOf(entry['notification-url'])) ?? []), ...placesOf(dist), ...placesOf(source)];
  const licences = listOf(entry.license).map((one) => textOf(one) ?? '');
  const claim = toLicenceClaim(licences.join(' OR '));
  return [
    {
      key: name.toLowerCase(),
      name,
      version,
      requires: namesOf(entry.require).map((one) => one.toLowerCase()),
      scope,
      licences: claim === undefined ? [] : [claim],
      hashes: hexHash('SHA-1', textOf(dist.shasum)),
      fetchedFrom: places.length === 0 ? undefined : places,
      checksum: commits.length === 0 ? undefined : commits.join(' '),
      vcsUrl: isBranch && repository !== undefined ? vcsUrl(repository, textOf(source.reference)) : undefined,
    },
  ];
}

/** Where Composer downloads a `dist` or clones a `source` from: from a mirror, where the lockfile names some. */
function placesOf(download: Fields): string[] {
  const addresses = [download.url, ...listOf(download.mirrors).map((mirror) => fieldsOf(mirror).url)];
  return addresses.flatMap((address) => repositoryOf(textOf(address)) ?? []);
}
