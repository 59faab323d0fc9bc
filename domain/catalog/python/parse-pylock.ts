/** pylock.toml, version 1 (PEP 751, https://packaging.python.org/en/latest/specifications/pylock-toml/). */
import { CatalogError } from '../catalog-error.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { originsOf, publicAddress, vcsUrl } from '../public-address.ts';
import { type Fields, fieldsOf, listOf, textOf } from '../read-fields.ts';
import { distributionHashes, keysByName } from './naming.ts';
import { normaliseName } from './parse-metadata.ts';

/** What is a folder beside the lockfile is left out. */
export function parsePylock(lock: Fields): LockedPackage[] {
  if (!textOf(lock['lock-version'])?.startsWith('1.'))
    throw new CatalogError('UNSUPPORTED_VERSION', 'a lock-version other than 1');
  const entries = listOf(lock.packages)
    .map(fieldsOf)
    .filter(({ directory }) => directory === undefined);
  const packages = entries.map(toPackage);
  const keys = keysByName(packages);
  return packages.map((one, index) => {
    const asked = listOf(entries[index]?.dependencies).map((value) => textOf(fieldsOf(value).name) ?? '');
    return { ...one, requires: asked.flatMap((name) => keys.get(normaliseName(name)) ?? []) };
  });
}

function toPackage(entry: Fields, index: number): LockedPackage {
  const vcs = fieldsOf(entry.vcs);
  const repository = textOf(vcs.url);
  const archive = fieldsOf(entry.archive);
  const address = textOf(archive.url);
  const files = [archive, entry.sdist, ...listOf(entry.wheels)].map(fieldsOf);
  return {
    key: String(index),
    name: textOf(entry.name) ?? '',
    version: textOf(entry.version) ?? '',
    requires: [],
    hashes: distributionHashes(
      files.map((file) => {
        const hash = textOf(fieldsOf(file.hashes).sha256);
        return {
          file: textOf(file.name) ?? textOf(file.url) ?? '',
          hash: hash === undefined ? undefined : `sha256:${hash}`,
        };
      }),
    ),
    fetchedFrom: originsOf(textOf(entry.index), ...files.map(({ url }) => textOf(url))),
    vcsUrl: repository === undefined ? undefined : vcsUrl(repository, textOf(vcs['commit-id'])),
    downloadUrl: address === undefined ? undefined : publicAddress(address),
  };
}
