import { shortDigest } from '../../artifact/digest.ts';
import { type EvidenceRecord, identityName } from '../../trust/evidence.ts';
import type { TrustRefusal } from '../../trust/trust-refusal.ts';
import { findSigners } from '../../trust/trusted-signer.ts';
import type { Policy } from '../policy.ts';

/** The name the policy gives a signing identity, or the identity itself. */
export function signerLabel(policy: Policy, record: EvidenceRecord): string {
  if (record.verification.outcome === 'rejected') return 'nobody';
  const { identity } = record.verification;
  const [named] = findSigners(policy, identity);
  return named === undefined ? `unlisted ${identityName(identity)}` : `signer "${named.name}"`;
}

/** `evidence sha256:0123456789ab: <what is told of it>` */
export function evidenceLine(record: EvidenceRecord, said: string): string {
  return `evidence ${shortDigest(record.manifest)}: ${said}`;
}

/** `evidence sha256:0123456789ab: refused (SIGNER_REVOKED): <why it does not count>` */
export function refusedLine(record: EvidenceRecord, { code, clause }: TrustRefusal): string {
  return evidenceLine(record, `refused (${code}): ${clause}`);
}

/** One piece of evidence that does not count. */
export interface RefusedEvidence extends TrustRefusal {
  /** The whole line for the details. */
  readonly line: string;
}

export const refusedEvidence = (record: EvidenceRecord, refusal: TrustRefusal): RefusedEvidence => ({
  ...refusal,
  line: refusedLine(record, refusal),
});

export const ownEvidence: TrustRefusal = {
  code: 'OWN_EVIDENCE',
  clause: "made by Pratique itself, which never counts as an artifact's origin",
};

/** Of what did not verify: the verifier's own code and sentence. */
export const rejectionOf = ({ code, reason }: Extract<EvidenceRecord['verification'], { outcome: 'rejected' }>) => ({
  code,
  clause: reason,
});

/** `signed by signer "ci", which is revoked` */
export const signedBy = (by: string, { code, clause }: TrustRefusal): TrustRefusal => ({
  code,
  clause: `signed by ${by}, which ${clause}`,
});
