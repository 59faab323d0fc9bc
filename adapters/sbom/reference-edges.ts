/** Who depends on whom in a document that may name both before it lists them: numbers in the place of a million texts. */
import { MAX_EDGES } from './document-limits.ts';
import { createIntList } from './int-list.ts';
import type { KeptBudget } from './kept-budget.ts';
import { SbomError } from './sbom-error.ts';
import { createTextTable } from './text-table.ts';

export interface ReferenceEdges {
  /** The purl of what the document calls `reference`. */
  know(reference: string, purl: string): void;
  /** Throws a SbomError beyond MAX_EDGES. */
  add(from: string, to: string): void;
  /** purls, sorted. Edges to what is not known, and to itself, are left out. */
  targetsOf(purl: string): readonly string[];
}

const none: readonly string[] = [];
const BYTES_OF_AN_EDGE = 12;

export function createReferenceEdges(budget: KeptBudget): ReferenceEdges {
  const texts = createTextTable(budget);
  /** By the number of a reference: the number of its purl, plus one. */
  const purls = createIntList();
  const from = createIntList();
  const to = createIntList();
  let heads: ReturnType<typeof createIntList> | undefined;
  /** By edge: the one before it of the same source, plus one. */
  const before = createIntList();
  /** The last edge of each source, plus one. */
  const index = (): ReturnType<typeof createIntList> => {
    const last = createIntList();
    for (let edge = 0; edge < from.length; edge += 1) {
      const source = purls.get(from.get(edge));
      if (source === 0) continue;
      before.set(edge, last.get(source - 1));
      last.set(source - 1, edge + 1);
    }
    return last;
  };
  return {
    know(reference, purl) {
      purls.set(texts.add(reference), texts.add(purl) + 1);
    },
    add(source, target) {
      if (from.length >= MAX_EDGES) throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_EDGES} dependencies`);
      budget.take(BYTES_OF_AN_EDGE);
      from.push(texts.add(source));
      to.push(texts.add(target));
    },
    targetsOf(purl) {
      if (from.length === 0) return none;
      heads ??= index();
      const own = texts.find(purl);
      if (own === undefined) return none;
      const targets = new Set<number>();
      for (let edge = heads.get(own); edge !== 0; edge = before.get(edge - 1)) {
        const target = purls.get(to.get(edge - 1));
        if (target !== 0 && target - 1 !== own) targets.add(target - 1);
      }
      return targets.size === 0 ? none : Array.from(targets, (target) => texts.textOf(target)).toSorted();
    },
  };
}
