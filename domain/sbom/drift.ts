/** Which differences somebody does not want to see. */
import type { AdvisoryDifference } from './diff-findings.ts';
import type { StockDifference } from './diff-stocks.ts';

export const driftKinds = ['added', 'removed', 'changed', 'downgraded', 'licence', 'advisory'] as const;
/** `changed` is any other version, source or bytes, `downgraded` the older versions among them, `advisory` one that was gained. */
export type DriftKind = (typeof driftKinds)[number];

/** How often each kind occurs. `advisories` is undefined where none were at hand: then nothing is known of them. */
export function countDrift(
  difference: StockDifference,
  advisories: AdvisoryDifference | undefined,
): Readonly<Record<DriftKind, number>> {
  return {
    added: difference.added.length,
    removed: difference.removed.length,
    changed: difference.changed.length,
    downgraded: difference.changed.filter(({ direction }) => direction === 'downgraded').length,
    licence: difference.licences.length,
    advisory: advisories?.gained.length ?? 0,
  };
}
