import { plural } from '../../../domain/plural.ts';
import type { Concern, ConcernLevel } from '../../../domain/review/concern.ts';
import type { Review } from '../../../domain/review/review-change.ts';

/** What every output format of `pratique deps review` is made from. */
export interface ReviewReport {
  /** As the user named them. */
  readonly base: string;
  readonly head: string;
  /** From a path in `head` to where code hosts find it. */
  readonly pathOf: (place: string) => string;
  readonly review: Review;
  /** What was not looked at, a sentence each. */
  readonly unchecked: readonly string[];
  /** False where something of either side could not be read. */
  readonly complete: boolean;
  /** For people: which advisories, from when. */
  readonly advisories: string;
  readonly toolVersion: string;
}

/** `2 errors, 1 not known, 3 warnings in 12 new packages`. */
export function summarise({ review }: ReviewReport): string {
  const count = (level: ConcernLevel): number => review.concerns.filter((concern) => concern.level === level).length;
  const unknown = count('unknown') + review.undecided.length;
  const arrived = review.arrived.length;
  return `${plural(count('error'), 'error')}, ${unknown} not known, ${plural(count('warning'), 'warning')} in ${plural(arrived, 'new package')}`;
}

/** One row a concern: level, rule, package, what, where. */
export function concernRows({ review }: ReviewReport): string[][] {
  return [
    ...review.concerns.map((concern) => [
      concern.level,
      concern.rule,
      packageOf(concern),
      concern.advisory === undefined ? concern.message : `${concern.advisory}: ${concern.message}`,
      concern.component.locations[0]?.path ?? '-',
    ]),
    ...review.undecided.map(({ purl, advisory, reason }) => [
      'unknown',
      'vulnerability',
      purl,
      `${advisory}: ${reason}`,
      '-',
    ]),
  ];
}

function packageOf({ component }: Concern): string {
  return component.version === '' ? component.name : `${component.name} ${component.version}`;
}
