import type { SbomDocument } from '../../../domain/sbom/document.ts';
import { createIntList } from '../int-list.ts';
import { createTextTable } from '../text-table.ts';
import { subjectReference } from './model.ts';

export interface DependencyEntry {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** Targets of one entry: beyond, the subject has another one, so that readers and we need not hold a million of them at once. */
const TARGETS = 100_000;

/** The subject depends on what nothing else depends on; then one entry a component. */
export function* dependencyGraph({ subject, stock }: SbomDocument): Generator<DependencyEntry> {
  const purls = createTextTable();
  /** By the number of a purl. */
  const roles = createIntList();
  const mark = (purl: string, role: number): void => {
    const id = purls.add(purl);
    roles.set(id, roles.get(id) | role);
  };
  for (const { purl, dependsOn } of stock.components) {
    mark(purl, LISTED);
    for (const target of dependsOn) mark(target, NEEDED);
  }
  const is = (purl: string, role: number): boolean => (roles.get(purls.find(purl) ?? -1) & role) !== 0;
  let roots: string[] = [];
  const ref = subjectReference(subject);
  for (const { purl } of stock.components) {
    if (is(purl, NEEDED)) continue;
    if (roots.length === TARGETS) {
      yield { ref, dependsOn: roots };
      roots = [];
    }
    roots.push(purl);
  }
  yield { ref, dependsOn: roots };
  for (const { purl, dependsOn } of stock.components)
    yield { ref: purl, dependsOn: dependsOn.filter((target) => is(target, LISTED)) };
}

/** What a purl is in the document; it may be both. */
const [LISTED, NEEDED] = [1, 2];
