/** Releases as the trust worker finds them: where production enforces, one is stated whose proof verifies now, and no other. */
import type { Digest } from '../../domain/artifact/digest.ts';
import type { ApprovalProofs } from '../../domain/identity/approval-proof.ts';
import { isRefusedProof } from '../../domain/identity/proof-error.ts';
import type { ReleaseRecord } from '../../domain/incident/incident-record.ts';
import { provenEnvironments } from '../../domain/policy/approval-rule.ts';
import type { Policy } from '../../domain/policy/policy.ts';

/**
 * The record with the proof that was verified, without one where none is wanted; undefined where it is not to be stated. A proof is
 * of one digest: of what came out with an index the index's own record speaks.
 */
export async function confirmRelease(
  proofs: Pick<ApprovalProofs, 'confirm'>,
  policy: Policy,
  subject: Digest,
  { decision, ...record }: ReleaseRecord,
): Promise<ReleaseRecord | undefined> {
  const isWanted = provenEnvironments(policy.document.environments).length > 0;
  if (decision?.digest !== subject) return isWanted ? undefined : record;
  const { request, digest, by, reason, proof } = decision;
  const claim = { verb: 'approve', about: `release/${request}`, decision: digest, by, reason } as const;
  try {
    const { kind, by: shownBy, digest: kept, at, shown } = await proofs.confirm(proof, claim);
    const verified = { kind, by: shownBy, digest: kept, ...(at === undefined ? {} : { at }), ...shown };
    return { ...record, decision: { ...decision, proof: verified } };
  } catch (error) {
    if (!isRefusedProof(error)) throw error;
    return isWanted ? undefined : record;
  }
}
