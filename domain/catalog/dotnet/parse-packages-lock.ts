/** packages.lock.json, versions 1 and 2 (https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies). */
import type { LockedPackage } from '../locked-packages.ts';
import { entriesOf, fieldsOf, namesOf, requireFields, textOf } from '../read-fields.ts';

/** A package stands there once for each framework. Projects of the same solution are left out. */
export function parsePackagesLock(json: unknown): LockedPackage[] {
  const lock = requireFields(json, 'packages.lock.json');
  return entriesOf(lock.dependencies).flatMap(([framework, packages]) =>
    entriesOf(packages).flatMap(([name, value]): LockedPackage[] => {
      const entry = fieldsOf(value);
      if (entry.type === 'Project') return [];
      const key = (one: string): string => `${framework} ${one.toLowerCase()}`;
      const hash = textOf(entry.contentHash);
      return [
        {
          key: key(name),
          name,
          version: textOf(entry.resolved) ?? '',
          requires: namesOf(entry.dependencies).map(key),
          // Of the package without its signature: no file has it.
          ...(hash === undefined ? {} : { checksum: `sha512:${hash}` }),
        },
      ];
    }),
  );
}
