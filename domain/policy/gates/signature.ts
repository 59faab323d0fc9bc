import { mediaTypes } from '../../artifact/descriptor.ts';
import { signaturePolicyRefusal } from '../../trust/dual-signatures.ts';
import type { EvidenceRecord } from '../../trust/evidence.ts';
import { predicateTypes } from '../../trust/statement.ts';
import { refusedCount } from '../../trust/trust-refusal.ts';
import { type RefusedEvidence, refusedEvidence, signerLabel } from './evidence-line.ts';
import { type Gate, gateOutcome } from './gate-context.ts';
import { statementRefusal } from './statement-refusal.ts';

/** cosign's, or Notation's. */
const isSignature = ({ predicateType }: EvidenceRecord) =>
  predicateType === predicateTypes.cosignSignature || predicateType === mediaTypes.notationSignature;

const signedOf = ({ verification }: EvidenceRecord) =>
  verification.outcome === 'verified' ? verification.signed : undefined;

/** A signature by cosign or Notation on the artifact's own digest by one of the named signers; own evidence never counts. */
export const signatureGate: Gate<'signature'> = (rule, judged, context) => {
  const accepted = rule.signers ?? context.policy.document.signers.map(({ name }) => name);
  const use = { accepted, subject: judged.key.digest, predicateType: predicateTypes.cosignSignature };
  const refused: RefusedEvidence[] = [];
  const trusted: EvidenceRecord[] = [];
  for (const record of judged.evidence) {
    if (!isSignature(record)) continue;
    const why = statementRefusal(record, use, judged, context);
    if (why === undefined) trusted.push(record);
    else refused.push(refusedEvidence(record, why));
  }
  const counted: EvidenceRecord[] = [];
  for (const record of trusted) {
    const why = signaturePolicyRefusal(rule.signatures ?? 'any', signedOf(record), trusted.map(signedOf));
    if (why === undefined) counted.push(record);
    else
      refused.push(
        refusedEvidence(record, {
          code: 'SIGNATURE_POLICY',
          clause: `signed by ${signerLabel(context.policy, record)}, ${why}`,
        }),
      );
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
  const seen = refusedCount(refused) || 'nothing is signed';
  return gateOutcome('signature', 'fail', `no signature by a trusted signer${alone} (${wanted}; ${seen})`, {
    details: refused.map(({ line }) => line),
  });
};
