/** Quarantines and releases as evidence with the artifact: read from the database by reference, attached where the artifact is. */
import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';
import type { ApprovalProofs } from '../../domain/identity/approval-proof.ts';
import type { IncidentRecord, IncidentRecords } from '../../domain/incident/incident-record.ts';
import { environmentRepository, isIntakeRepository, quarantineRepositoryOf } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { VerdictBook } from '../../domain/policy/verdict-book.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { createIncidentStatement, incidentPredicateType } from '../../domain/trust/incident-statement.ts';
import type { KeyRing, StatementSigner } from '../../domain/trust/signer.ts';
import type { Statement } from '../../domain/trust/statement.ts';
import { confirmRelease } from './confirm-release.ts';
import { attachAll, type Publication, type PublishDependencies, sayingTheSame, signAll } from './publish.ts';

export interface AttestIncidentsDependencies extends PublishDependencies {
  readonly incidentRecords: IncidentRecords;
  readonly registry: RegistryReader;
  readonly verdicts: Pick<VerdictBook, 'policy'>;
  readonly keys: KeyRing<StatementSigner>;
  readonly installation: { readonly uri: string };
  readonly proofs: Pick<ApprovalProofs, 'confirm'>;
}

type Judging = Pick<AttestIncidentsDependencies, 'incidentRecords' | 'installation' | 'registry' | 'proofs'>;

/**
 * What is to be said of one artifact, each once: what was confirmed again after a late write is another record. The database is not
 * believed alone: that it is out of an environment is not said while the registry serves it there.
 */
export async function incidentPublications(
  deps: Judging,
  policy: Policy,
  subject: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>,
  signer: StatementSigner,
): Promise<Publication[]> {
  const { installation } = deps;
  const records = await provenRecords(deps, policy, subject.digest);
  if (records.length === 0) return [];
  const served = await servedIn(deps, policy, subject.digest);
  const released = new Set(records.filter(({ kind }) => kind === 'release').map(({ incident }) => incident));
  const shown = records.filter(
    (record) =>
      record.kind === 'release' ||
      released.has(record.incident) ||
      !record.environments.some((environment) => served.has(environment)),
  );
  return shown.map((record) => {
    const statement = createIncidentStatement(subject.digest, record, installation.uri);
    // A proof may verify at one time and not at another: with it and without it are two records.
    const step =
      record.kind === 'quarantine'
        ? [record.confirmedAt]
        : [record.releasedAt, record.decision?.proof.digest ?? 'without a proof'];
    return {
      step: [incidentPredicateType(record), record.incident, ...step],
      subject,
      signer,
      ...sayingTheSame(statement, incidentSaid),
    };
  });
}

/** What a record of an incident claims; what we were called when it was signed apart. */
function incidentSaid({ predicate }: Statement): string {
  const { attester: _, ...said } = (predicate ?? {}) as Record<string, unknown>;
  return canonicalJson(said);
}

/** Releases that are not proven where they must be are left out. */
async function provenRecords(
  { incidentRecords, proofs }: Pick<Judging, 'incidentRecords' | 'proofs'>,
  policy: Policy,
  digest: Digest,
): Promise<IncidentRecord[]> {
  const found: IncidentRecord[] = [];
  for (const record of await incidentRecords.of(digest)) {
    const proven = record.kind === 'release' ? await confirmRelease(proofs, policy, digest, record) : record;
    if (proven !== undefined) found.push(proven);
  }
  return found;
}

/** Environments of the policy where the registry has it now. */
async function servedIn(
  { incidentRecords, registry }: Judging,
  policy: Policy,
  digest: Digest,
): Promise<ReadonlySet<string>> {
  const served = new Set<string>();
  for (const repository of await incidentRecords.repositories(digest))
    for (const { name } of policy.document.environments)
      if ((await registry.resolve(environmentRepository(policy, name, repository), digest)) !== undefined)
        served.add(name);
  return served;
}

/** Attaches what there is to say of `digest` in each repository it was pushed to, and each it is kept in while it is quarantined. */
export async function attestIncidents(
  deps: AttestIncidentsDependencies,
  { digest }: { readonly digest: Digest },
): Promise<void> {
  const policy = await deps.verdicts.policy();
  const signer = await deps.keys.evidence();
  const pushed = (await deps.incidentRecords.repositories(digest)).filter((name) => isIntakeRepository(policy, name));
  const places = new Set(pushed.flatMap((name) => [name, quarantineRepositoryOf(policy, name)]));
  for (const place of places) {
    const subject = await deps.registry.resolve(place, digest);
    if (subject === undefined) continue;
    const signed = await signAll(deps, await incidentPublications(deps, policy, subject, signer));
    if (signed.length > 0) await attachAll(deps, place, signed);
  }
}
