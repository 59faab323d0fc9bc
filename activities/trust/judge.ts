import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { EnvironmentPolicy } from '../../domain/policy/document.ts';
import { evaluateVerdict } from '../../domain/policy/evaluate.ts';
import type { Policy, Sha256 } from '../../domain/policy/policy.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { VerdictBook } from '../../domain/policy/verdict-book.ts';
import type { ExamineDependencies } from './examine-evidence.ts';
import { reexamine } from './reexamine.ts';

export interface JudgeDependencies extends ExamineDependencies {
  readonly registry: RegistryReader;
  readonly verdicts: VerdictBook;
  readonly sha256: Sha256;
  readonly now: () => Date;
}

/** What the registry said of the artifact a moment ago: undefined where it is gone. */
export interface ObservedAt {
  readonly repository: string;
  readonly observed: Descriptor | undefined;
}

/**
 * Judges an artifact, as it is recorded and as the registry gives it back, for some environments. What is
 * recorded as evidence of its origin is verified again.
 */
export async function judge(
  deps: JudgeDependencies,
  policy: Policy,
  key: ArtifactKey,
  { repository, observed }: ObservedAt,
  environments: readonly EnvironmentPolicy[],
): Promise<Verdict[]> {
  const { verdicts, sha256, now } = deps;
  const facts = await verdicts.facts(key);
  const evidence = await reexamine(deps, policy, repository, facts.evidence);
  const judged = { ...facts, evidence, observedDigest: observed?.digest };
  const at = now().toISOString();
  return environments.map((environment) => evaluateVerdict({ policy, environment, judged, now: at, sha256 }));
}
