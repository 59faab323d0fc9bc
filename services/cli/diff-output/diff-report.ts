import type { AdvisoryDifference } from '../../../domain/sbom/diff-findings.ts';
import type { ComponentChange, Direction, StockDifference } from '../../../domain/sbom/diff-stocks.ts';
import type { DriftKind } from '../../../domain/sbom/drift.ts';

export interface DiffSide {
  /** As it was named on the command line. */
  readonly named: string;
  /** What that was found to be: `image localhost:5000/shop@sha256:…`. */
  readonly describe: string;
  readonly components: number;
  /** False where parts could not be read: what is missing on a side may only not have been seen. */
  readonly complete: boolean;
}

export interface DiffReport {
  readonly before: DiffSide;
  readonly after: DiffSide;
  readonly difference: StockDifference;
  /** Absent where no advisories were asked. */
  readonly advisories?: AdvisoryDifference & { readonly database: string };
  readonly counts: Readonly<Record<DriftKind, number>>;
  /** Kinds of `--fail-on` that occur. */
  readonly failed: readonly DriftKind[];
}

/** A word for what happened to a component that is on both sides. */
export function changeWord({ direction }: ComponentChange): string {
  switch (direction) {
    case 'upgraded':
    case 'downgraded':
      return direction;
    case 'unordered':
      return 'changed';
    case 'source':
      return 'other source';
    case 'same':
      return 'other bytes';
  }
}

/** `2 added, 1 removed, 3 changed (1 downgraded), 1 with other licences; 40 the same`. */
export function summarise({ counts, difference, advisories }: DiffReport): string {
  const count = (wanted: Direction) => difference.changed.filter(({ direction }) => direction === wanted).length;
  const [otherSource, otherBytes] = [count('source'), count('same')];
  const details = [
    ...(counts.downgraded === 0 ? [] : [`${counts.downgraded} downgraded`]),
    ...(otherSource === 0 ? [] : [`${otherSource} from another source`]),
    ...(otherBytes === 0 ? [] : [`${otherBytes} with other bytes`]),
  ];
  const parts = [
    `${counts.added} added`,
    `${counts.removed} removed`,
    `${counts.changed} changed${details.length === 0 ? '' : ` (${details.join(', ')})`}`,
    `${counts.licence} with other licences`,
  ];
  const known =
    advisories === undefined ? '' : `; advisories: ${advisories.gained.length} gained, ${advisories.lost.length} lost`;
  return `${parts.join(', ')}; ${difference.same} the same${known}`;
}
