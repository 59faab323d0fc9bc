import type { Digest } from '../../artifact/digest.ts';
import { type EvidenceRecord, identityName } from '../../trust/evidence.ts';
import type { TrustRefusal } from '../../trust/trust-refusal.ts';
import { findSigners, revocationRefusal, signerRefusal } from '../../trust/trusted-signer.ts';
import type { JudgedArtifact } from '../gate.ts';
import { ownEvidence, rejectionOf, signedBy, signerLabel } from './evidence-line.ts';
import type { GateContext } from './gate-context.ts';

/** What a statement is wanted for. */
export interface StatementUse {
  /** Names of the policy's signers. */
  readonly accepted: readonly string[];
  /** What it has to be about. */
  readonly subject: Digest;
  /** As what its signer has to be trusted. */
  readonly predicateType: string;
}

/** Why one signed statement does not count, in a sentence and by its code; undefined where it does. Pratique's own never do. */
export function statementRefusal(
  record: EvidenceRecord,
  { accepted, subject, predicateType }: StatementUse,
  judged: Pick<JudgedArtifact, 'key' | 'kind' | 'revoked' | 'revokedFrom'>,
  { policy, environment, now }: GateContext,
): TrustRefusal | undefined {
  if (record.origin === 'own') return ownEvidence;
  if (record.verification.outcome === 'rejected') return rejectionOf(record.verification);
  if (record.subject !== subject)
    return { code: 'SUBJECT_MISMATCH', clause: `signs ${record.subject}, not this digest` };
  const { identity, signedAt, validUntil } = record.verification;
  if (validUntil !== undefined && Date.parse(validUntil) <= Date.parse(now))
    return { code: 'SIGNATURE_EXPIRED', clause: `counted until ${validUntil} only` };
  const by = signerLabel(policy, record);
  const signers = findSigners(policy, identity).filter(({ name }) => accepted.includes(name));
  if (signers.length === 0)
    return { code: 'SIGNER_NOT_ACCEPTED', clause: `signed by ${by}, whom this gate does not accept` };
  const revocations = { total: judged.revoked, from: judged.revokedFrom };
  const revoked = revocationRefusal(revocations, identityName(identity), signedAt);
  if (revoked !== undefined) return signedBy(by, revoked);
  const use = { ...judged.key, kind: judged.kind, environment, predicateType, signedAt, now };
  const refusals = signers.map((signer) => signerRefusal(signer, use));
  const [first] = refusals;
  return first !== undefined && refusals.every((why) => why !== undefined) ? signedBy(by, first) : undefined;
}
