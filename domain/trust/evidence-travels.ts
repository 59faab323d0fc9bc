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

/** Of what is recorded where it was pushed: what others attached, and what is not among what it was copied on with. */
export function cameLate(pushed: readonly EvidenceRecord[], copied: readonly EvidenceRecord[]): EvidenceRecord[] {
  const there = new Set(copied.map(placeOf));
  return pushed.filter((record) => record.origin !== 'own' && travels(record) && !there.has(placeOf(record)));
}

/** What a row of evidence is of, in its repository. */
export function placeOf({ subject, manifest }: Pick<EvidenceRecord, 'subject' | 'manifest'>): string {
  return `${subject} ${manifest}`;
}
