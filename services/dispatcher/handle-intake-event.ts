/** Decides about one event: started, joined or dropped, recorded in Postgres before anything is started. */

import type { IntakeDecision, IntakeLedger } from '../../adapters/postgres/intake-ledger.ts';
import type { PolicyStore } from '../../adapters/postgres/policy-store.ts';
import {
  RegistryError,
  type RegistryErrorCode,
  type RegistryReader,
  type StoredManifest,
} from '../../domain/artifact/registry.ts';
import { roleOf } from '../../domain/artifact/runnable.ts';
import { type ArtifactKey, subjectOf } from '../../domain/artifact/subject.ts';
import type { ArtifactDeleted, ArtifactPushed, BuildFinished, IntakeEvent } from '../../domain/events/intake-event.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import { isEnvironmentRepository, isIntakeRepository } from '../../domain/policy/environments.ts';

/** What a registry answers again however often it is asked. */
const MANIFEST_ERRORS: ReadonlySet<RegistryErrorCode> = new Set([
  'REGISTRY_BAD_MANIFEST',
  'REGISTRY_DIGEST_MISMATCH',
  'REGISTRY_TOO_LARGE',
]);

export interface IntakeDependencies {
  readonly ledger: IntakeLedger;
  readonly policies: PolicyStore;
  readonly registry: RegistryReader;
  /** Starts the pipeline's workflow, or tells the open one. Idempotent. */
  readonly startPipeline: (key: ArtifactKey, generation: number) => Promise<void>;
}

/** Safe to repeat: the first decision about an event stands, and what it started is started again without effect. */
export async function handleIntakeEvent(
  deps: IntakeDependencies,
  event: IntakeEvent,
  trace: string | undefined,
): Promise<IntakeDecision> {
  const decision = await decide(deps, event, trace);
  await reach('intake.accepted', subjectOf(event));
  if (decision.key !== undefined && decision.generation !== undefined && (await isNewsToTheRun(deps, decision, event)))
    await deps.startPipeline(decision.key, decision.generation);
  return decision;
}

/**
 * Who joined an open generation is counted in Postgres, where its end looks (`GenerationLedger.conclude`): only what it may be
 * waiting for is worth telling it of. That is a tag, and, where the policy gives provenance time to come, a build or evidence.
 * A run that was never started is the sweeper's.
 */
async function isNewsToTheRun(
  { policies }: Pick<IntakeDependencies, 'policies'>,
  { outcome, key }: IntakeDecision,
  event: IntakeEvent,
): Promise<boolean> {
  const isAboutIt = key?.digest === event.digest;
  if (outcome === 'started' || ('tag' in event && event.tag !== undefined && isAboutIt)) return true;
  const mayBeProvenance = event.kind === 'build-finished' || !isAboutIt;
  return mayBeProvenance && (await policies.current()).document.intake.provenanceGrace > 0;
}

function decide(deps: IntakeDependencies, event: IntakeEvent, trace: string | undefined): Promise<IntakeDecision> {
  switch (event.kind) {
    case 'artifact-pushed':
      return decidePush(deps, event, trace);
    case 'build-finished':
      return decideBuild(deps, event, trace);
    case 'artifact-deleted':
      return decideDeletion(deps, event);
  }
}

async function decidePush(
  { ledger, policies, registry }: IntakeDependencies,
  event: ArtifactPushed,
  trace: string | undefined,
): Promise<IntakeDecision> {
  const { repository, digest, tag } = event;
  const ours = await ledger.dropIntended(event);
  if (ours !== undefined) return ours;
  const policy = await policies.current();
  const place = isEnvironmentRepository(policy, repository);
  if (place !== undefined) {
    const until = await ledger.grandfatheredUntil({ repository, digest });
    // The tag of what was there before, told late or pushed once more: known, and nobody's finding until its date.
    if (until !== undefined)
      return ledger.drop(event, `was in ${place.environment} before: grandfathered until ${until}`);
    const reason = `nobody planned this push to ${place.environment}`;
    const decision = await ledger.drop(event, reason, {
      kind: 'unplanned-push',
      detail: { environment: place.environment, tag, actor: event.actor },
    });
    // After the finding: by it the quarantine knows where to look.
    await ledger.takeOutAgain(event);
    return decision;
  }
  if (!isIntakeRepository(policy, repository))
    return ledger.drop(event, 'the policy takes nothing from this repository');
  const stored = await readManifest(registry, { repository, digest });
  const role = stored === undefined ? undefined : roleOf(stored, tag);
  if (role?.role === 'evidence') {
    // About a platform: its index is judged by it, and may have been already.
    const [key, ...also] = await ledger.judgedWith({ repository, digest: role.subject });
    if (key === undefined)
      return ledger.drop(event, `evidence about ${role.subject}, which is not known yet: read when it comes`);
    return ledger.accept({ event, key, also, cause: 'evidence', ...(trace === undefined ? {} : { trace }) });
  }
  // Not there (yet), or an artifact: the pipeline looks, and waits where it must.
  return ledger.accept({
    event,
    key: { repository, digest },
    cause: 'push',
    ...(tag === undefined ? {} : { tag }),
    ...(trace === undefined ? {} : { trace }),
  });
}

/** Of what we took out nothing is live any more; what the registry has all the same was put there again. */
async function decideDeletion(
  { ledger, policies, registry }: IntakeDependencies,
  event: ArtifactDeleted,
): Promise<IntakeDecision> {
  const { repository: destination, digest } = event;
  const place = isEnvironmentRepository(await policies.current(), destination);
  const live = place === undefined ? [] : await ledger.liveWith(event);
  if (place === undefined || live.length === 0 || (await isThere(registry, event)))
    return ledger.drop(event, 'deleted: noted, nothing to do');
  const { environment, repository } = place;
  for (const held of live)
    await ledger.recordGone({ place: { environment, destination }, key: { repository, digest: held }, lacks: digest });
  return ledger.drop(event, `nobody planned this deletion from ${environment}`);
}

/**
 * Undefined where there is none (yet), or none that can be read: of such an artifact nothing is known, and its pipeline says why.
 */
const readManifest = (registry: RegistryReader, key: ArtifactKey): Promise<StoredManifest | undefined> =>
  unlessAway(registry, key, () => registry.getManifest(key.repository, key.digest), undefined);

/** Also where it can not be read. */
const isThere = (registry: RegistryReader, key: ArtifactKey): Promise<boolean> =>
  unlessAway(registry, key, async () => (await registry.resolve(key.repository, key.digest)) !== undefined, true);

/** Throws where the registry is away: what fails for this manifest alone must not hold up the events behind it. */
async function unlessAway<T>(
  registry: RegistryReader,
  { repository, digest }: ArtifactKey,
  look: () => Promise<T>,
  otherwise: T,
): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    if (!MANIFEST_ERRORS.has(error.code)) await registry.hasBlob(repository, digest);
    return otherwise;
  }
}

/** A build is a fact about a digest; whoever holds that digest looks again. Its push may come before or after. */
async function decideBuild(
  { ledger, policies }: IntakeDependencies,
  event: BuildFinished,
  trace: string | undefined,
): Promise<IntakeDecision> {
  const holders = await ledger.recordBuild(event);
  await reach('intake.build-recorded', subjectOf(event));
  const key: ArtifactKey = { repository: event.repository, digest: event.digest };
  if (!isIntakeRepository(await policies.current(), event.repository))
    return ledger.drop(event, 'recorded; the policy takes nothing from this repository');
  if (!holders.includes(event.repository)) return ledger.drop(event, 'recorded; the push itself starts the pipeline');
  return ledger.accept({
    event,
    key,
    cause: 'build',
    ...(event.tag === undefined ? {} : { tag: event.tag }),
    ...(trace === undefined ? {} : { trace }),
  });
}
