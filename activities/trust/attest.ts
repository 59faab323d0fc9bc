/** What the trust worker does for a pipeline: foreign evidence first, then ours, then the verdicts. */
import { decideFindings } from '../../domain/advisory/decision/decide-findings.ts';
import { type Finding, namesOf } from '../../domain/advisory/finding.ts';
import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { GenerationKey } from '../../domain/artifact/generation-ledger.ts';
import { RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { ApprovalProofs } from '../../domain/identity/approval-proof.ts';
import type { IncidentRecords } from '../../domain/incident/incident-record.ts';
import { environmentRepository, firstEnvironments, isIntakeRepository } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { StockBook, StoredStock } from '../../domain/policy/verdict-book.ts';
import type { BuildFact } from '../../domain/sbom/build-fact.ts';
import type { SbomPublisher } from '../../domain/sbom/sbom-publisher.ts';
import type { AttestationSource } from '../../domain/trust/attestation-source.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { provenanceBuildFacts } from '../../domain/trust/provenance-build-facts.ts';
import { createSbomStatement } from '../../domain/trust/sbom-statement.ts';
import { createScanStatement } from '../../domain/trust/scan-statement.ts';
import type { StatementSigner } from '../../domain/trust/signer.ts';
import { predicateTypes, type Statement } from '../../domain/trust/statement.ts';
import { createVerdictStatement, verdictGatesField } from '../../domain/trust/verdict-statement.ts';
import { incidentPublications } from './attest-incidents.ts';
import { bringAttestations } from './bring-attestations.ts';
import { type JudgeDependencies, judge } from './judge.ts';
import { lacksProvenance } from './lacks-provenance.ts';
import { attachAll, type Publication, type PublishDependencies, sayingTheSame, signAll } from './publish.ts';
import { recordEvidence } from './record-evidence.ts';
import { TrustError } from './trust-error.ts';

export interface Installation {
  /** URI of this installation: verifier, attester, promoter. */
  readonly uri: string;
  readonly version: string;
  /** `host[:port]` consumers pull from. */
  readonly registryHost: string;
}

export interface AttestDependencies extends JudgeDependencies, PublishDependencies {
  readonly attestations: AttestationSource;
  readonly registry: RegistryReader;
  readonly stocks: StockBook;
  readonly sboms: SbomPublisher;
  readonly installation: Installation;
  readonly incidentRecords: IncidentRecords;
  readonly proofs: Pick<ApprovalProofs, 'confirm'>;
}

export interface Attested {
  /** Evidence that was new to us. */
  readonly foreign: number;
  readonly verdicts: readonly {
    readonly environment: string;
    readonly outcome: Verdict['outcome'];
    readonly admitted: boolean;
    readonly reason: string;
  }[];
  /** No verified provenance by anybody else yet: worth waiting for, where the policy says so. */
  readonly lacksProvenance: boolean;
  readonly provenanceGraceSeconds: number;
}

export async function attest(deps: AttestDependencies, key: GenerationKey): Promise<Attested> {
  const policy = await deps.verdicts.policy();
  // Whoever reaches the queue can name any repository: nothing is said about one that pushes are not taken from.
  if (!isIntakeRepository(policy, key.repository))
    throw new TrustError('REPOSITORY_NOT_TAKEN_IN', `the policy in force takes nothing from ${key.repository}`);
  const platforms = await deps.stocks.platforms(key.digest);
  const subjects = [...new Set([key.digest, ...platforms.map((platform) => platform.digest)])];
  const descriptors = await describeAll(deps.registry, key.repository, subjects);
  await bringAttestations(
    deps,
    policy,
    key.repository,
    subjects.map((digest) => describe(descriptors, digest)),
  );
  const foreign = await recordEvidence(deps, policy, key.repository, subjects);
  const signer = await deps.keys.evidence();
  const observed = describe(descriptors, key.digest);
  const documents = await artifactDocuments(deps, policy, key, key.repository, descriptors, signer);
  documents.push(...(await incidentPublications(deps, policy, observed, signer)));
  await attachAll(deps, key.repository, await signAll(deps, documents));
  const verdicts = await judge(
    deps,
    policy,
    key,
    { repository: key.repository, observed },
    policy.document.environments,
  );
  for (const verdict of verdicts) await publishVerdict(deps, policy, key, verdict, descriptors, signer);
  const evidence = await deps.evidence.recorded({ repository: key.repository, digest: key.digest });
  return {
    foreign,
    verdicts: verdicts.map(({ environment, outcome, admitted, gates }) => ({
      environment,
      outcome,
      admitted,
      reason: gates.find(({ verdict }) => verdict === outcome && verdict !== 'pass')?.reason ?? '',
    })),
    lacksProvenance: lacksProvenance(evidence),
    provenanceGraceSeconds: policy.document.intake.provenanceGrace,
  };
}

async function publishVerdict(
  deps: AttestDependencies,
  policy: Policy,
  key: GenerationKey,
  verdict: Verdict,
  descriptors: ReadonlyMap<Digest, Descriptor>,
  signer: StatementSigner,
): Promise<void> {
  const id = await deps.verdicts.record(verdict, key.generation);
  // Later environments get their signed summary when an artifact is at their door.
  if (!firstEnvironments(policy).some(({ name }) => name === verdict.environment)) return;
  const summary = verdictPublication(deps, policy, verdict, describe(descriptors, key.digest), signer, id);
  const [manifest] = await attachAll(deps, key.repository, await signAll(deps, [summary]));
  if (manifest !== undefined) await deps.verdicts.attachSummary(id, manifest);
}

/** A verdict as a VSA about one subject: the artifact, or one of its children. */
export function verdictPublication(
  { installation }: Pick<AttestDependencies, 'installation'>,
  policy: Policy,
  verdict: Verdict,
  subject: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>,
  signer: StatementSigner,
  id: number,
): Publication {
  const statement = createVerdictStatement(
    { ...verdict, key: { ...verdict.key, digest: subject.digest } },
    {
      verifier: installation.uri,
      version: installation.version,
      environmentRepository: `${installation.registryHost}/${environmentRepository(policy, verdict.environment, verdict.key.repository)}`,
      policyUri: `${installation.uri}/policies/${policy.document.version}`,
      verifiedLevels: verdict.slsaBuildLevel === undefined ? [] : [`SLSA_BUILD_LEVEL_${verdict.slsaBuildLevel}`],
      inputAttestations: [],
    },
  );
  return {
    // Once the installation or its registry is called otherwise, another summary is made, about what it is called now.
    step: [predicateTypes.vsa, id, installation.uri, installation.registryHost],
    subject,
    signer,
    ...sayingTheSame(statement, verdictSaid),
  };
}

/** What a VSA claims, times and the wording of reasons apart: an older one, or one of another environment, claims something else. */
function verdictSaid({ predicate }: Statement): string {
  const said = (predicate ?? {}) as Record<string, unknown>;
  const gates = (said[verdictGatesField] ?? {}) as Record<string, unknown>;
  const { resourceUri, verificationResult, policy } = said;
  return canonicalJson({ resourceUri, verificationResult, policy, decision: gates.decisionDigest });
}

export async function describeAll(
  registry: RegistryReader,
  repository: string,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, Descriptor>> {
  const found = new Map<Digest, Descriptor>();
  for (const digest of digests) {
    const descriptor = await registry.resolve(repository, digest);
    if (descriptor === undefined)
      throw new RegistryError('REGISTRY_NOT_FOUND', `${repository}@${digest} is gone from the registry: push it again`);
    found.set(digest, descriptor);
  }
  return found;
}

export function describe(descriptors: ReadonlyMap<Digest, Descriptor>, digest: Digest): Descriptor {
  const descriptor = descriptors.get(digest);
  if (descriptor === undefined) throw new Error(`${digest} was not described`);
  return descriptor;
}

/**
 * SBOMs and scan reports of every platform, to be signed by `signer` and attached at `place`: with what was decided about findings
 * where it was pushed, and what the evidence at `place` shows of its build.
 */
export async function artifactDocuments(
  deps: AttestDependencies,
  policy: Policy,
  key: ArtifactKey,
  place: string,
  descriptors: ReadonlyMap<Digest, Descriptor>,
  signer: StatementSigner,
): Promise<Publication[]> {
  const recorded = await deps.evidence.recordedWithChildren({ repository: place, digest: key.digest });
  const decide = async (digest: Digest, findings: readonly Finding[]) =>
    decideFindings(findings, await deps.verdicts.decisions(findings.flatMap(namesOf)), {
      ...{ repository: key.repository, digests: [...new Set([key.digest, digest])], environment: undefined },
      ...{ now: deps.now().toISOString(), rules: policy.document.findingDecisions },
    });
  const documents: Publication[] = [];
  for (const platform of await deps.stocks.platforms(key.digest)) {
    const about = recorded.filter(({ subject }) => subject === platform.digest || subject === key.digest);
    const build = provenanceBuildFacts(about);
    documents.push(...(await documentsOf(deps, place, { ...platform, build, decide }, descriptors, signer)));
  }
  return documents;
}

/** Puts what was decided, for every environment, onto the findings of one platform. */
type Decide = (platform: Digest, findings: readonly Finding[]) => Promise<readonly Finding[]>;

async function documentsOf(
  deps: AttestDependencies,
  repository: string,
  platform: StoredStock & { readonly build: readonly BuildFact[]; readonly decide: Decide },
  descriptors: ReadonlyMap<Digest, Descriptor>,
  signer: StatementSigner,
): Promise<Publication[]> {
  const { stock } = platform;
  if (stock === undefined) return [];
  const subject = describe(descriptors, platform.digest);
  const { installation, stocks, sboms } = deps;
  const sbom = (format: 'cyclonedx' | 'spdx'): Publication => ({
    // It names where it is, and lies there itself where it is signed by reference.
    step: [
      ...[format === 'cyclonedx' ? predicateTypes.cycloneDx : predicateTypes.spdx, stock, installation.version],
      repository,
    ],
    subject,
    signer,
    statement: async () =>
      createSbomStatement(
        platform.digest,
        await sboms.publish(format, {
          repository,
          digest: platform.digest,
          platform: platform.platform,
          stock: await stocks.stock(stock),
          created: platform.created,
          build: platform.build,
        }),
        installation.uri,
      ),
  });
  const scan = await stocks.newestScan(stock);
  if (scan === undefined) return [sbom('cyclonedx'), sbom('spdx')];
  const findings = await platform.decide(platform.digest, scan.result.findings);
  // Without decisions, and what is attacked, the step is what it was before there were any.
  const decided = findings.flatMap(({ advisory, purl, decision, kev }) =>
    decision || kev ? [[advisory, purl, ...(decision ? [decision.id] : []), ...(kev ? ['known-exploited'] : [])]] : [],
  );
  const vulns: Publication = {
    step: [
      ...[predicateTypes.vulns, stock, scan.result.database.digest, installation.version],
      ...(decided.length === 0 ? [] : [canonicalJson(decided.sort())]),
    ],
    subject,
    signer,
    statement: async () =>
      createScanStatement(
        platform.digest,
        { ...scan.result, findings },
        {
          scanner: { uri: installation.uri, version: installation.version },
          database: `${installation.uri}/advisories`,
          startedOn: scan.at,
          finishedOn: scan.at,
        },
      ),
  };
  return [sbom('cyclonedx'), sbom('spdx'), vulns];
}
