/** Provenance in the light of the policy: whose counts, and which SLSA Build level it reaches. */
import { type EvidenceRecord, identityName, type ProvenanceFacts } from '../../trust/evidence.ts';
import { commandBuildType } from '../../trust/provenance-statement.ts';
import { assessBuildLevel, type BuildAssessment } from '../../trust/slsa/assess-build-level.ts';
import type { BuildLevel } from '../../trust/slsa/provenance.ts';
import type { TrustRefusal } from '../../trust/trust-refusal.ts';
import { findSigners, revocationRefusal, signerRefusal } from '../../trust/trusted-signer.ts';
import type { JudgedArtifact } from '../gate.ts';
import type { Policy } from '../policy.ts';
import { ownEvidence, rejectionOf, signedBy, signerLabel } from './evidence-line.ts';
import type { GateContext } from './gate-context.ts';

type Builder = Policy['document']['builders'][number];

/** One whose signer speaks for its builder, by the policy. */
export interface TrustedProvenance {
  readonly kind: 'trusted';
  readonly record: EvidenceRecord;
  readonly builder: Builder;
  readonly facts: ProvenanceFacts;
}

/** One provenance: who of the policy's builders vouches for it, or why nobody does. */
type ProvenanceVouched =
  | TrustedProvenance
  | { readonly kind: 'unreadable'; readonly record: EvidenceRecord; readonly why: TrustRefusal }
  | { readonly kind: 'refused'; readonly record: EvidenceRecord; readonly why: TrustRefusal };

/** SLSA v1 and v0.2 provenance. */
export const isProvenance = (record: EvidenceRecord) => record.predicateType.startsWith('https://slsa.dev/provenance/');

export function vouchFor(
  record: EvidenceRecord,
  judged: JudgedArtifact,
  { policy, environment, now }: GateContext,
): ProvenanceVouched {
  const refused = (why: TrustRefusal): ProvenanceVouched => ({ kind: 'refused', record, why });
  const { verification, provenance: facts } = record;
  if (record.origin === 'own') return refused(ownEvidence);
  if (verification.outcome === 'rejected') return refused(rejectionOf(verification));
  if (record.subject !== judged.key.digest)
    return refused({ code: 'SUBJECT_MISMATCH', clause: `is about ${record.subject}, not this digest` });
  const { identity, signedAt } = verification;
  const by = signerLabel(policy, record);
  const signers = findSigners(policy, identity);
  const builders = policy.document.builders.filter((builder) => signers.some(({ name }) => name === builder.signer));
  if (builders.length === 0)
    return refused({ code: 'SIGNER_NOT_ACCEPTED', clause: `signed by ${by}, who signs for no builder of the policy` });
  const revocations = { total: judged.revoked, from: judged.revokedFrom };
  const revoked = revocationRefusal(revocations, identityName(identity), signedAt);
  if (revoked !== undefined) return refused(signedBy(by, revoked));
  if (facts === undefined) {
    const clause = `signed by ${by}, but its predicate could not be read`;
    return { kind: 'unreadable', record, why: { code: 'PREDICATE_UNREADABLE', clause } };
  }
  const builder = builders.find(({ id }) => id === facts.builderId);
  if (builder === undefined)
    return refused({
      code: 'BUILDER_MISMATCH',
      clause: `signed by ${by}, who does not speak for builder ${facts.builderId}`,
    });
  const distrust =
    builder.state === 'revoked' ? 'is revoked' : revocationRefusal(revocations, builder.id, signedAt)?.clause;
  if (distrust !== undefined)
    return refused({ code: 'BUILDER_REVOKED', clause: `builder "${builder.name}" ${distrust}` });
  const signer = signers.find(({ name }) => name === builder.signer);
  const use = { ...judged.key, kind: judged.kind, environment, predicateType: record.predicateType, signedAt, now };
  const refusal = signer === undefined ? undefined : signerRefusal(signer, use);
  if (refusal !== undefined) return refused(signedBy(by, refusal));
  return { kind: 'trusted', record, builder, facts };
}

/** Of one trusted reading: what the policy grants the pair of signer and builder, and what its provenance supports. */
export function assess({ builder, facts }: TrustedProvenance): BuildAssessment {
  const shown = facts.slsaBuildLevel ?? (facts.buildType === commandBuildType ? 1 : 3);
  const limits = facts.levelLimits ?? [{ level: shown as BuildLevel, reason: 'what its provenance shows' }];
  return assessBuildLevel(
    { ...facts, limits: limits.filter(({ level }) => level < 3) },
    { level: builder.level as BuildLevel, reason: `the policy grants builder "${builder.name}" no more` },
  );
}

/**
 * The SLSA Build level that holds: the lower of what the policy grants the pair of signer and builder, and what its provenance
 * shows; of several, the best. Provenance of our own build type shows level 1 until it says more. Undefined without any.
 */
export function slsaBuildLevel(judged: JudgedArtifact, context: GateContext): number | undefined {
  const levels = judged.evidence
    .filter(isProvenance)
    .map((record) => vouchFor(record, judged, context))
    .flatMap((reading) => (reading.kind === 'trusted' ? [assess(reading).level] : []));
  return levels.length === 0 ? undefined : Math.max(...levels);
}
