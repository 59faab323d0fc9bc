import type { RejectionCode } from './evidence.ts';

/** Why evidence that verifies does not count, or that does not verify. Each has one meaning; the sentence beside it says it. */
export type TrustRefusalCode =
  | RejectionCode
  | 'OWN_EVIDENCE' // by Pratique itself, which is no origin
  | 'SIGNER_NOT_ACCEPTED' // a good signature by somebody the policy does not list, or this gate does not take
  | 'SIGNER_REVOKED' // by the policy, by a person or by an incident; altogether, or from before this was signed
  | 'SIGNER_OUT_OF_SCOPE' // trusted for another domain, repository, environment or kind of statement
  | 'SIGNER_NOT_YET_TRUSTED'
  | 'SIGNER_EXPIRED' // trusted until a time, and this is later or nothing proves that it is not
  | 'SIGNED_IN_FUTURE' // a proof of time that is still to come
  | 'SIGNATURE_POLICY' // by a kind of key that does not count here, or not alone
  | 'BUILDER_NOT_ACCEPTED' // a builder the policy trusts, and this gate does not name
  | 'BUILDER_MISMATCH' // the signer does not speak for the builder that the provenance names
  | 'BUILDER_REVOKED'
  | 'PREDICATE_UNREADABLE' // signed by one who counts, and nobody knows what it says
  | 'REPORT_IN_FUTURE'; // a report that says it was made at a time that is still to come

export interface TrustRefusal {
  readonly code: TrustRefusalCode;
  /** A clause for people: after the name of who signed, or alone. */
  readonly clause: string;
}

/** How many of a list of refusals are named in one sentence. */
const CODES_TOLD = 6;

/** `2 refused: SIGNER_REVOKED, SUBJECT_MISMATCH`; each code once. Empty where nothing was refused. */
export function refusedCount(refusals: readonly Pick<TrustRefusal, 'code'>[]): string {
  if (refusals.length === 0) return '';
  const codes = [...new Set(refusals.map(({ code }) => code))].sort();
  const more = codes.length > CODES_TOLD ? ', …' : '';
  return `${refusals.length} refused: ${codes.slice(0, CODES_TOLD).join(', ')}${more}`;
}
