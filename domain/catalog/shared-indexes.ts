/** Indexes of files that take others in: whatever file names one, it is asked for the packages of all of them. */
import type { EffectiveFile } from './effective-files.ts';
import type { FoundComponent } from './layer-findings.ts';

/** Components of files whose indexes others name too, by path; of no other files. */
export function withSharedIndexes(
  files: ReadonlyMap<string, EffectiveFile>,
): ReadonlyMap<string, readonly FoundComponent[]> {
  const listed = [...groupsOf(files)].flatMap((paths) => {
    const lists = [...paths].flatMap((path) => {
      const facts = files.get(path)?.facts;
      return facts?.kind === 'components' ? [{ path, ...facts }] : [];
    });
    const indexes = [...new Set(lists.flatMap((list) => list.indexes ?? []))];
    return indexes.length === 0
      ? []
      : lists.map(({ path, components }) => [path, fetchedFrom(indexes, components)] as const);
  });
  return new Map(listed);
}

/** But for what is fetched by an address of its own. */
function fetchedFrom(indexes: string[], components: readonly FoundComponent[]): FoundComponent[] {
  return components.map((one) => (one.fetchedFrom === undefined ? one : { ...one, fetchedFrom: indexes }));
}

/** Files that are connected by what they take in, in either direction, and more than one. */
function groupsOf(files: ReadonlyMap<string, EffectiveFile>): Set<ReadonlySet<string>> {
  const groups = new Map<string, Set<string>>();
  for (const { path, facts } of files.values()) {
    if (facts.kind !== 'components') continue;
    for (const name of facts.names ?? []) {
      const [one, other] = [path, name].map((key) => groups.get(key) ?? new Set([key]));
      for (const key of other ?? []) {
        one?.add(key);
        if (one !== undefined) groups.set(key, one);
      }
      if (one !== undefined) groups.set(path, one);
    }
  }
  return new Set(groups.values());
}
