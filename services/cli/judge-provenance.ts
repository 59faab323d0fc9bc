/** SLSA provenance whose signature and subject were verified: what it says, whether that is what was wanted, and its Build level. */
import type { SignerIdentity, VerificationProof } from '../../domain/trust/evidence.ts';
import { assessBuildLevel, type BuildAssessment } from '../../domain/trust/slsa/assess-build-level.ts';
import { checkExpectations, type ProvenanceExpectations } from '../../domain/trust/slsa/check-expectations.ts';
import { checkSigner, contradictsCertificate } from '../../domain/trust/slsa/check-signer.ts';
import type { LevelLimit, SlsaProvenance } from '../../domain/trust/slsa/provenance.ts';
import { readSlsaProvenance } from '../../domain/trust/slsa/read-slsa-provenance.ts';
import type { Statement } from '../../domain/trust/statement.ts';

export interface ProvenanceQuestion {
  readonly expected: ProvenanceExpectations;
  /** Least SLSA Build level; undefined where any will do. */
  readonly level: number | undefined;
}

/** What is shown of one provenance. */
export interface JudgedProvenance
  extends Pick<
    SlsaProvenance,
    'version' | 'producer' | 'buildType' | 'builderId' | 'source' | 'entryPoint' | 'invocationId'
  > {
  readonly slsa: BuildAssessment;
}

export type ProvenanceJudgement =
  | { readonly outcome: 'judged'; readonly provenance: JudgedProvenance }
  | {
      readonly outcome: 'rejected';
      readonly code:
        | 'PROVENANCE_UNREADABLE'
        | 'PROVENANCE_CONTRADICTED'
        | 'PROVENANCE_UNEXPECTED'
        | 'BUILD_LEVEL_TOO_LOW';
      readonly reason: string;
    };

/** A builder is trusted because it was named, or because its own certificate was asked for; a key alone names none. */
function granted(
  { expected }: ProvenanceQuestion,
  identity: SignerIdentity,
  { builderId }: SlsaProvenance,
): LevelLimit {
  const isNamed =
    expected.builders?.includes(builderId) === true ||
    (identity.kind === 'certificate' &&
      (identity.subject === builderId || builderId === 'https://github.com/actions/runner/github-hosted'));
  return isNamed
    ? { level: 3, reason: 'the builder was named' }
    : { level: 1, reason: 'nobody said that its builder is trusted: name it with --builder-id' };
}

export function judgeProvenance(
  statement: Statement,
  { identity, proof }: { readonly identity: SignerIdentity; readonly proof?: VerificationProof | undefined },
  question: ProvenanceQuestion,
): ProvenanceJudgement {
  const read = readSlsaProvenance(statement);
  if (read === undefined)
    return { outcome: 'rejected', code: 'PROVENANCE_UNREADABLE', reason: 'the predicate is not as SLSA specifies it' };
  const contradiction = contradictsCertificate(read.source, proof);
  if (contradiction !== undefined)
    return { outcome: 'rejected', code: 'PROVENANCE_CONTRADICTED', reason: contradiction };
  const problems = checkExpectations(read, question.expected);
  if (problems.length > 0)
    return {
      outcome: 'rejected',
      code: 'PROVENANCE_UNEXPECTED',
      reason: problems.map(({ reason }) => reason).join('; '),
    };
  const limits = [...read.limits, ...checkSigner(identity, read, proof)];
  const slsa = assessBuildLevel({ ...read, limits }, granted(question, identity, read));
  if (question.level !== undefined && slsa.level < question.level)
    return {
      outcome: 'rejected',
      code: 'BUILD_LEVEL_TOO_LOW',
      reason: `it is of SLSA Build level ${slsa.level}, not ${question.level}: ${slsa.whyNotHigher.map(({ reason }) => reason).join('; ')}`,
    };
  const { version, producer, buildType, builderId, source, entryPoint, invocationId } = read;
  return {
    outcome: 'judged',
    provenance: { version, producer, buildType, builderId, source, entryPoint, invocationId, slsa },
  };
}
