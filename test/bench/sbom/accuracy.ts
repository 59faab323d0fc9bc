/** What two tools found of a truth, each: how much of it, and how much besides. */
import process from 'node:process';
import { readComponents, truthSet, without } from './component-set.ts';
import type { Ecosystem } from './recipes.ts';

export interface Accuracy {
  readonly truth: number;
  readonly found: number;
  readonly recall: number;
  readonly precision: number;
  readonly missed: readonly string[];
  readonly extra: readonly string[];
}

export interface BothFound {
  readonly pratique: Accuracy;
  readonly syft: Accuracy;
  /** Found by Syft, and not by Pratique. */
  readonly others: readonly string[];
}

/** By ecosystem of the truth; the files are CycloneDX documents. */
export function compareFound(
  truths: Readonly<Partial<Record<Ecosystem, string[]>>>,
  ours: string,
  theirs: string,
): Readonly<Record<string, BothFound>> {
  const [own, other] = [readComponents(ours), readComponents(theirs)];
  return Object.fromEntries(
    Object.entries(truths).map(([ecosystem, lines]) => {
      const truth = truthSet(ecosystem as Ecosystem, lines);
      const found = own.get(ecosystem) ?? new Set<string>();
      const foundBySyft = other.get(ecosystem) ?? new Set<string>();
      const others = without(foundBySyft, found);
      return [ecosystem, { pratique: accuracy(truth, found), syft: accuracy(truth, foundBySyft), others }];
    }),
  );
}

function accuracy(truth: ReadonlySet<string>, found: ReadonlySet<string>): Accuracy {
  return toAccuracy(truth.size, found.size, without(truth, found), without(found, truth));
}

function toAccuracy(truth: number, found: number, missed: readonly string[], extra: readonly string[]): Accuracy {
  const right = truth - missed.length;
  const [recall, precision] = [right / truth, found === 0 ? 1 : right / found];
  return { truth, found, recall, precision, missed, extra };
}

/** Several images' as one: a component of two of them counts twice. */
export function addAccuracy(list: readonly Accuracy[]): Accuracy {
  const sum = (pick: (one: Accuracy) => number): number => list.reduce((total, one) => total + pick(one), 0);
  return toAccuracy(
    sum(({ truth }) => truth),
    sum(({ found }) => found),
    list.flatMap(({ missed }) => missed),
    list.flatMap(({ extra }) => extra),
  );
}

export function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}

/** On stderr. `atMost` of a list are named. */
export function tellAccuracy(what: string, { pratique, syft, others }: BothFound, atMost = 8): void {
  const tell = (who: string, { found, recall, precision }: Accuracy): string =>
    `${who} ${found}, recall ${percent(recall)}, precision ${percent(precision)}`;
  process.stderr.write(`${what}: truth ${pratique.truth}; ${tell('pratique', pratique)}; ${tell('syft', syft)}\n`);
  for (const [list, label] of [
    [pratique.missed, 'missed'],
    [pratique.extra, 'extra'],
    [syft.missed, 'missed by syft'],
    [syft.extra, 'extra of syft'],
    [others, 'only syft'],
  ] as const)
    if (list.length > 0) process.stderr.write(`    ${label} (${list.length}): ${list.slice(0, atMost).join(', ')}\n`);
}
