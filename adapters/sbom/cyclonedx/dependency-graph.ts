import type { SbomDocument } from '../../../domain/sbom/document.ts';
import { subjectReference } from './model.ts';

export interface DependencyEntry {
  readonly ref: string;
  /** Absent where there are none: an empty element says the same and is longer. */
  readonly dependsOn?: readonly string[];
}

/** The subject depends on what nothing else depends on; then one entry a component. */
export function* dependencyGraph({ subject, stock }: SbomDocument): Generator<DependencyEntry> {
  const known = new Set(stock.components.map(({ purl }) => purl));
  const targets = new Set<string>();
  for (const { dependsOn } of stock.components) for (const target of dependsOn) targets.add(target);
  const roots = stock.components.filter(({ purl }) => !targets.has(purl)).map(({ purl }) => purl);
  yield { ref: subjectReference(subject), ...(roots.length === 0 ? {} : { dependsOn: roots }) };
  for (const { purl, dependsOn } of stock.components) {
    const inside = dependsOn.filter((target) => known.has(target));
    yield { ref: purl, ...(inside.length === 0 ? {} : { dependsOn: inside }) };
  }
}
