import { namesOf } from '../../domain/advisory/finding.ts';
import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { EnvironmentPolicy } from '../../domain/policy/document.ts';
import { evaluateVerdict } from '../../domain/policy/evaluate.ts';
import type { Policy, Sha256 } from '../../domain/policy/policy.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { JudgedFacts, StockBook, VerdictBook } from '../../domain/policy/verdict-book.ts';
import type { AttestedDocuments } from '../../domain/trust/attested-document.ts';
import type { DocumentDesk } from '../../domain/trust/document-desk.ts';
import { type ExamineDependencies, openExaminer } from './examine-evidence.ts';
import { keepAttested } from './keep-attested.ts';
import { hasDocuments, readDocuments } from './read-documents.ts';
import { reexamine } from './reexamine.ts';

export interface JudgeDependencies extends ExamineDependencies {
  readonly registry: RegistryReader;
  readonly verdicts: VerdictBook;
  readonly stocks: Pick<StockBook, 'platforms' | 'stock' | 'recordAttested'>;
  readonly documents: DocumentDesk;
  readonly sha256: Sha256;
  readonly now: () => Date;
}

/** What the registry said of the artifact a moment ago: undefined where it is gone. */
export interface ObservedAt {
  readonly repository: string;
  readonly observed: Descriptor | undefined;
  /** Where its evidence lies that is not in `repository`: it is copied on when the artifact is. Absent: nothing counts that is not there. */
  readonly evidenceAlsoIn?: string;
}

/**
 * Judges an artifact, as it is recorded and as the registry gives it back, for some environments. What is
 * recorded as evidence of its origin is verified again, and documents of others are read again where the policy prefers them.
 */
export async function judge(
  deps: JudgeDependencies,
  policy: Policy,
  key: ArtifactKey,
  { repository, observed, evidenceAlsoIn }: ObservedAt,
  environments: readonly EnvironmentPolicy[],
): Promise<Verdict[]> {
  const { verdicts, sha256, now } = deps;
  const facts = await verdicts.facts(key);
  const examiner = await openExaminer(deps, policy);
  const repositories = [...new Set([repository, evidenceAlsoIn ?? repository])];
  const recorded = repositories.includes(key.repository)
    ? facts.evidence
    : await deps.evidence.recordedWithChildren({ repository, digest: key.digest });
  const evidence = await reexamine(deps, examiner, { repositories, recorded }, facts.evidence);
  const evaluate = async (): Promise<Verdict[]> => {
    const at = now().toISOString();
    const read = () => readDocuments(deps, policy, examiner, { facts, evidence, repositories, environments, now: at });
    let attested = await read();
    // What was scanned before it was recorded may be older than what rescans know of it from then on.
    if (await keepAttested(deps.stocks, policy, facts, attested)) attested = await read();
    const decisions = await decisionsAbout(verdicts, facts, attested);
    const judged = {
      ...facts,
      ...decisions,
      ...(attested && { attested }),
      evidence,
      observedDigest: observed?.digest,
    };
    return environments.map((environment) => evaluateVerdict({ policy, environment, judged, now: at, sha256 }));
  };
  return hasDocuments(policy, facts.evidence) ? deps.documents.inTurn(evaluate) : evaluate();
}

/** What was decided about findings holds for those of others too. */
async function decisionsAbout(
  { decisions }: Pick<VerdictBook, 'decisions'>,
  { platforms }: JudgedFacts,
  attested: AttestedDocuments | undefined,
): Promise<Pick<JudgedFacts, 'decisions'>> {
  const theirs = (attested?.documents ?? []).flatMap(({ content }) => {
    if (content.kind === 'unreadable') return [];
    return content.kind === 'sbom' ? content.scan.findings : content.findings;
  });
  if (theirs.length === 0) return {};
  const ours = platforms.flatMap(({ findings }) => findings);
  return { decisions: await decisions([...new Set([...ours, ...theirs].flatMap(namesOf))]) };
}
