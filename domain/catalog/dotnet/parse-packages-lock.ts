/** packages.lock.json, versions 1 and 2 (https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies). */
import type { AskedRange } from '../../sbom/component.ts';
import { type LockedPackage, UNKNOWN_RANGE } from '../locked-packages.ts';
import { entriesOf, fieldsOf, namesOf, requireFields, textOf } from '../read-fields.ts';

/** A package stands there once for each framework. Projects of the same solution are left out; what they ask for counts as the project's. */
export function parsePackagesLock(json: unknown): LockedPackage[] {
  const lock = requireFields(json, 'packages.lock.json');
  return entriesOf(lock.dependencies).flatMap(([framework, packages]) => {
    const key = (one: string): string => `${framework} ${one.toLowerCase()}`;
    const entries = entriesOf(packages).map(([name, value]) => ({ name, entry: fieldsOf(value) }));
    const asked = new Map<string, AskedRange[]>();
    const note = (name: string, one: AskedRange) => {
      const known = asked.get(key(name));
      if (known === undefined) asked.set(key(name), [one]);
      else known.push(one);
    };
    for (const { name, entry } of entries) {
      const requested = textOf(entry.requested);
      if (requested !== undefined) note(name, { range: requested });
      for (const [needed, range] of entriesOf(entry.dependencies))
        note(needed, { ...(entry.type === 'Project' ? {} : { by: key(name) }), range: textOf(range) ?? UNKNOWN_RANGE });
    }
    return entries.flatMap(({ name, entry }): LockedPackage[] => {
      if (entry.type === 'Project') return [];
      const hash = textOf(entry.contentHash);
      return [
        {
          key: key(name),
          name,
          version: textOf(entry.resolved) ?? '',
          requires: namesOf(entry.dependencies).map(key),
          askedFor: asked.get(key(name)),
          // Of the package without its signature: no file has it.
          ...(hash === undefined ? {} : { checksum: `sha512:${hash}` }),
        },
      ];
    });
  });
}
