import { mediaTypes } from '../../artifact/descriptor.ts';
import { signaturePolicyRefusal } from '../../trust/dual-signatures.ts';
import { type EvidenceRecord, identityName } from '../../trust/evidence.ts';
import { predicateTypes } from '../../trust/statement.ts';
import { findSigners, revocationRefusal, signerRefusal } from '../../trust/trusted-signer.ts';
import type { JudgedArtifact } from '../gate.ts';
import { refusedLine, signerLabel } from './evidence-line.ts';
import { type Gate, type GateContext, gateOutcome } from './gate-context.ts';

/** Why one signature does not count; undefined where it does. */
function refusal(
  record: EvidenceRecord,
  accepted: readonly string[],
  judged: JudgedArtifact,
  { policy, environment, now }: GateContext,
): string | undefined {
  if (record.origin === 'own') return "made by Pratique itself, which never counts as an artifact's origin";
  if (record.verification.outcome === 'rejected')
    return `rejected (${record.verification.code}): ${record.verification.reason}`;
  if (record.subject !== judged.key.digest) return `signs ${record.subject}, not this digest`;
  const { identity, signedAt, validUntil } = record.verification;
  if (validUntil !== undefined && Date.parse(validUntil) <= Date.parse(now)) return `counted until ${validUntil} only`;
  const by = signerLabel(policy, record);
  const signers = findSigners(policy, identity).filter(({ name }) => accepted.includes(name));
  if (signers.length === 0) return `signed by ${by}, whom this gate does not accept`;
  const revoked = revocationRefusal(
    { total: judged.revoked, from: judged.revokedFrom },
    identityName(identity),
    signedAt,
  );
  if (revoked !== undefined) return `signed by ${by}, which ${revoked}`;
  const use = {
    ...{ ...judged.key, kind: judged.kind, environment },
    ...{ predicateType: predicateTypes.cosignSignature, signedAt, now },
  };
  const refusals = signers.map((signer) => signerRefusal(signer, use));
  if (refusals.every((why) => why !== undefined)) return `signed by ${by}, which ${refusals[0]}`;
  return undefined;
}

/** cosign's, or Notation's. */
const isSignature = ({ predicateType }: EvidenceRecord) =>
  predicateType === predicateTypes.cosignSignature || predicateType === mediaTypes.notationSignature;

const signedOf = ({ verification }: EvidenceRecord) =>
  verification.outcome === 'verified' ? verification.signed : undefined;

/** A signature by cosign or Notation on the artifact's own digest by one of the named signers; own evidence never counts. */
export const signatureGate: Gate<'signature'> = (rule, judged, context) => {
  const accepted = rule.signers ?? context.policy.document.signers.map(({ name }) => name);
  const refused: string[] = [];
  const trusted: EvidenceRecord[] = [];
  for (const record of judged.evidence) {
    if (!isSignature(record)) continue;
    const why = refusal(record, accepted, judged, context);
    if (why === undefined) trusted.push(record);
    else refused.push(refusedLine(record, why));
  }
  const counted: EvidenceRecord[] = [];
  for (const record of trusted) {
    const why = signaturePolicyRefusal(rule.signatures ?? 'any', signedOf(record), trusted.map(signedOf));
    if (why === undefined) counted.push(record);
    else refused.push(refusedLine(record, `signed by ${signerLabel(context.policy, record)}, ${why}`));
  }
  if (counted.length > 0)
    return gateOutcome(
      'signature',
      'pass',
      `signed by ${[...new Set(counted.map((r) => signerLabel(context.policy, r)))].join(', ')}`,
      {
        evidence: counted.map(({ manifest }) => manifest),
      },
    );
  const wanted = accepted.length === 0 ? 'the policy lists no signers' : `accepted: ${accepted.join(', ')}`;
  const alone =
    trusted.length > 0 && rule.signatures === 'all' ? ', classical and post-quantum over the same bytes' : '';
  const seen = refused.length === 0 ? 'nothing is signed' : `${refused.length} refused`;
  return gateOutcome('signature', 'fail', `no signature by a trusted signer${alone} (${wanted}; ${seen})`, {
    details: refused,
  });
};
