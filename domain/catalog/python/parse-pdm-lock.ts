/** pdm.lock, versions 2 to 4 (https://pdm-project.org/latest/usage/lockfile/): TOML. */
import type { LockedPackage } from '../locked-packages.ts';
import { originsOf, publicAddress, vcsUrl } from '../public-address.ts';
import { type Fields, fieldsOf, listOf, textOf } from '../read-fields.ts';
import { distributionHashes, isDistribution, keysByName } from './naming.ts';
import { normaliseName } from './parse-metadata.ts';

/** What is a folder beside the lockfile is left out; a package with extras stands there once more for each set of them. */
export function parsePdmLock(lock: Fields): LockedPackage[] {
  const oldFiles = fieldsOf(fieldsOf(lock.metadata).files);
  const entries = listOf(lock.package)
    .map(fieldsOf)
    .filter(({ path }) => path === undefined || isDistribution(textOf(path) ?? ''));
  const packages = entries.map((entry) => toPackage(entry, oldFiles));
  const keys = keysByName(packages);
  return packages.map((one, index) => {
    const asked = listOf(entries[index]?.dependencies).map((text) => /^[A-Za-z0-9._-]+/.exec(textOf(text) ?? '')?.[0]);
    return { ...one, requires: asked.flatMap((name) => keys.get(normaliseName(name ?? '')) ?? []) };
  });
}

function toPackage(entry: Fields, oldFiles: Fields): LockedPackage {
  const name = textOf(entry.name) ?? '';
  const version = textOf(entry.version) ?? '';
  const git = textOf(entry.git);
  const address = textOf(entry.url);
  const files = listOf(entry.files ?? oldFiles[`${name} ${version}`]).map(fieldsOf);
  const groups = listOf(entry.groups);
  return {
    key: `${name} ${version} ${listOf(entry.extras).join(',')}`,
    name,
    version,
    requires: [],
    hashes: distributionHashes(
      files.map((file) => ({ file: textOf(file.file) ?? textOf(file.url) ?? '', hash: textOf(file.hash) })),
    ),
    // `default` is the group of what the project needs to run, `dev` the usual one of what it does not.
    ...(groups.length === 0
      ? {}
      : {
          scope: groups.includes('default')
            ? 'runtime'
            : groups.every((group) => group === 'dev')
              ? 'development'
              : 'optional',
        }),
    fetchedFrom: originsOf(...files.map(({ url }) => textOf(url))),
    vcsUrl: git === undefined ? undefined : vcsUrl(git, textOf(entry.revision)),
    downloadUrl: address === undefined ? undefined : publicAddress(address),
  };
}
