/** Cargo.lock, versions 1 to 4 (https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html): TOML. */
import { CatalogError } from '../catalog-error.ts';
import { hexHash } from '../file-hash.ts';
import { type LockedPackage, UNKNOWN_RANGE } from '../locked-packages.ts';
import { originsOf, vcsUrl } from '../public-address.ts';
import { type Fields, fieldsOf, listOf, textOf } from '../read-fields.ts';

const NEWEST = 4;

/** Packages without a source are the project's own. Cargo.lock does not tell what is for development only, and keeps no ranges. */
export function parseCargoLock(lock: Fields): LockedPackage[] {
  if (typeof lock.version === 'number' && lock.version > NEWEST)
    throw new CatalogError('UNSUPPORTED_VERSION', `a version of Cargo.lock above ${NEWEST}`);
  // Version 1 keeps the checksums apart, and those of the root package before everything else.
  const checksums = fieldsOf(lock.metadata);
  const entries = listOf(lock.package).map(fieldsOf);
  const byName = Map.groupBy(entries, ({ name }) => textOf(name) ?? '');
  const follow = (text: string): string[] => {
    // `name`, `name version` where there are several, `name version (source)` where even that is not enough.
    const [name = '', version, source] = text.split(' ', 3);
    return (byName.get(name) ?? [])
      .filter((entry) => version === undefined || entry.version === version)
      .filter((entry) => source === undefined || `(${withoutCommit(entry.source)})` === withoutCommit(source))
      .map(keyOf);
  };
  const needs = (entry: Fields): string[] => listOf(entry.dependencies).flatMap((one) => follow(textOf(one) ?? ''));
  const own = new Set(entries.filter(({ source }) => textOf(source) === undefined).flatMap(needs));
  return entries.flatMap((entry): LockedPackage[] => {
    const source = textOf(entry.source);
    const name = textOf(entry.name);
    const version = textOf(entry.version);
    if (name === undefined || version === undefined)
      throw new CatalogError('UNEXPECTED_SHAPE', 'a package without a name or a version');
    if (source === undefined) return [];
    const checksum = textOf(entry.checksum) ?? textOf(checksums[`checksum ${name} ${version} (${source})`]);
    const [kind, address = ''] = [source.slice(0, source.indexOf('+')), source.slice(source.indexOf('+') + 1)];
    return [
      {
        key: keyOf(entry),
        name,
        version,
        requires: needs(entry),
        ...(own.has(keyOf(entry)) ? { askedFor: [{ range: UNKNOWN_RANGE }] } : {}),
        hashes: hexHash('SHA-256', checksum),
        ...(kind === 'git'
          ? { vcsUrl: vcsUrl(address, address.split('#')[1]) }
          : {
              fetchedFrom: address.startsWith('https://github.com/rust-lang/crates.io-index')
                ? ['https://crates.io']
                : originsOf(address),
            }),
      },
    ];
  });
}

function keyOf(entry: Fields): string {
  return `${textOf(entry.name) ?? ''} ${textOf(entry.version) ?? ''} ${textOf(entry.source) ?? ''}`;
}

/** Names of sources in dependencies leave the commit out. */
function withoutCommit(source: unknown): string {
  return (textOf(source) ?? '').replace(/#[^)]*/, '');
}
