/** poetry.lock, versions 0 to 2 (https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock): TOML. */
import type { AskedRange } from '../../sbom/component.ts';
import { type LockedPackage, UNKNOWN_RANGE } from '../locked-packages.ts';
import { originsOf, publicAddress, vcsUrl } from '../public-address.ts';
import { entriesOf, type Fields, fieldsOf, listOf, textOf } from '../read-fields.ts';
import { distributionHashes, keysByName } from './naming.ts';
import { normaliseName } from './parse-metadata.ts';

/** What is a folder beside the lockfile is left out; an archive there is somebody's package, and stays. */
export function parsePoetryLock(lock: Fields): LockedPackage[] {
  const oldFiles = fieldsOf(fieldsOf(lock.metadata).files);
  const entries = listOf(lock.package).map(fieldsOf);
  const packages = entries.map((entry) => toPackage(entry, oldFiles));
  const keys = keysByName(packages.filter((one) => one !== undefined));
  const asked = new Map<string, AskedRange[]>();
  const resolved = packages.flatMap((one, index) => {
    if (one === undefined) return [];
    const requires = entriesOf(entries[index]?.dependencies).flatMap(([name, value]) => {
      const targets = keys.get(normaliseName(name)) ?? [];
      // Of several versions the markers say who gets which: then nothing is promised.
      const ranges = targets.length === 1 ? rangesOf(value) : [UNKNOWN_RANGE];
      for (const target of targets) {
        const known = asked.get(target) ?? [];
        known.push(...ranges.map((range) => ({ by: one.key, range })));
        asked.set(target, known);
      }
      return targets;
    });
    return [{ ...one, requires }];
  });
  return resolved.map((one) => ({ ...one, askedFor: asked.get(one.key) }));
}

/** `">=1"`, `{ version = ">=1", markers = "…" }`, or a list of these, each for markers of its own. */
function rangesOf(value: unknown): string[] {
  return (Array.isArray(value) ? listOf(value) : [value]).map(
    (one) => textOf(one) ?? textOf(fieldsOf(one).version) ?? UNKNOWN_RANGE,
  );
}

function toPackage(entry: Fields, oldFiles: Fields): LockedPackage | undefined {
  const name = textOf(entry.name) ?? '';
  const version = textOf(entry.version) ?? '';
  const source = fieldsOf(entry.source);
  const kind = textOf(source.type);
  if (kind === 'directory') return undefined;
  const address = textOf(source.url) ?? '';
  const files = listOf(entry.files ?? oldFiles[name]).map(fieldsOf);
  const scope = scopeOf(entry);
  return {
    key: `${name} ${version} ${address}`,
    name,
    version,
    requires: [],
    hashes: distributionHashes(files.map((file) => ({ file: textOf(file.file) ?? '', hash: textOf(file.hash) }))),
    ...(scope === undefined ? {} : { scope }),
    ...(kind === 'git' ? { vcsUrl: vcsUrl(address, textOf(source.resolved_reference)) } : {}),
    ...(kind === 'url' ? { downloadUrl: publicAddress(address) } : {}),
    ...(kind === 'legacy' ? { fetchedFrom: originsOf(address) } : {}),
  };
}

/** `category` until version 1.4, nothing until 2.0, `groups` since. */
function scopeOf(entry: Fields): LockedPackage['scope'] {
  const groups = listOf(entry.groups ?? (entry.category === undefined ? [] : [entry.category]));
  if (groups.length > 0 && !groups.includes('main')) return 'development';
  if (entry.optional === true) return 'optional';
  return groups.length > 0 ? 'runtime' : undefined;
}
