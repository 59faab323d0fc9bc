import type { EvidenceRecord } from './evidence.ts';
import { predicateTypes } from './statement.ts';

/** What we sign about one place: it was judged for it, let into it, taken into it. */
export const ABOUT_A_PLACE: ReadonlySet<string> = new Set([
  predicateTypes.vsa,
  predicateTypes.cosignSignature,
  predicateTypes.promotion,
  predicateTypes.approval,
]);

/**
 * Whether evidence goes along when its artifact is promoted: what was verified, and says something about the bytes. Our own
 * verdicts, admissions and promotion records stay where they hold: in the next environment a summary of the last one is not
 * only noise, it is what somebody could be shown instead of the right one. See docs/decisions/0021.
 */
export function travels({ verification, origin, predicateType }: EvidenceRecord): boolean {
  return verification.outcome === 'verified' && !(origin === 'own' && ABOUT_A_PLACE.has(predicateType));
}
