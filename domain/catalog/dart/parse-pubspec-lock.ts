/** pubspec.lock (https://dart.dev/tools/pub/glossary#lockfile): YAML. It has no edges. */
import { CatalogError } from '../catalog-error.ts';
import { hexHash } from '../file-hash.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { originsOf, vcsUrl } from '../public-address.ts';
import { entriesOf, fieldsOf, requireFields, textOf } from '../read-fields.ts';

/** Folders beside the project and what comes with the SDK are left out. What is transitive has no scope of its own. */
export function parsePubspecLock(document: unknown): LockedPackage[] {
  const lock = requireFields(document, 'pubspec.lock');
  if (lock.packages === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'a pubspec.lock without "packages"');
  return entriesOf(lock.packages).flatMap(([name, value]): LockedPackage[] => {
    const entry = fieldsOf(value);
    const description = fieldsOf(entry.description);
    const address = textOf(description.url);
    const asked = textOf(entry.dependency);
    const base = {
      key: name,
      name,
      version: textOf(entry.version) ?? '',
      requires: [],
      ...(asked === 'direct dev'
        ? { scope: 'development' as const }
        : asked === 'direct main'
          ? { scope: 'runtime' as const }
          : {}),
    };
    if (entry.source === 'git')
      return [{ ...base, vcsUrl: vcsUrl(address ?? '', textOf(description['resolved-ref'])) }];
    if (entry.source !== 'hosted') return [];
    return [{ ...base, hashes: hexHash('SHA-256', textOf(description.sha256)), fetchedFrom: originsOf(address) }];
  });
}
