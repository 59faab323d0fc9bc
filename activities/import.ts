/** What runs already is taken in: resolved in the registry, judged like a push, and left where it is until a date. */
import { Context } from '@temporalio/activity';
import type { Digest } from '../domain/artifact/digest.ts';
import { manifestsWithin } from '../domain/artifact/manifests-within.ts';
import { RegistryError, type RegistryReader, type StoredManifest } from '../domain/artifact/registry.ts';
import { roleOf } from '../domain/artifact/runnable.ts';
import type {
  ImportBook,
  ImportDecision,
  ImportedPlace,
  ImportRun,
  PendingReference,
} from '../domain/import/import-book.ts';
import { MAX_IMPORT_REFERENCES } from '../domain/import/import-book.ts';
import { placeReference } from '../domain/import/place-reference.ts';
import { isEnvironmentRepository } from '../domain/policy/environments.ts';
import { matchesPattern } from '../domain/policy/repository-pattern.ts';
import type { EvidenceDesk } from '../domain/trust/evidence-desk.ts';
import { withFailures } from './failures.ts';

export interface ImportDependencies {
  readonly imports: ImportBook;
  /** Reads; `host` is the registry of this installation. */
  readonly registry: RegistryReader & { readonly host: string };
  /** Both write to repositories that pushes go to, and to no others. */
  readonly copyArtifact: (route: {
    from: string;
    to: string;
    digest: Digest;
    progress: (place: string) => void;
    onCreate: (manifests: readonly Digest[]) => Promise<void>;
  }) => Promise<void>;
  readonly desk: Pick<EvidenceDesk, 'copy'>;
}

/** References looked at side by side, and between two looks at the database. */
const SIDE_BY_SIDE = 8;
const BATCH = 200;
/** Pieces of evidence brought along with one manifest. */
const EVIDENCE = 100;

export function createImportActivities(deps: ImportDependencies) {
  return withFailures({
    /** Goes on where the try before it stopped. Ends when every reference has an outcome. */
    async takeInImport(id: string): Promise<void> {
      const { imports } = deps;
      const run = await imports.read(id);
      if (run === undefined || run.state !== 'started') return;
      if (run.sourceKind === 'registry' && !run.isListed) {
        const problem = await listRegistry(deps, run).catch(refusalOf);
        if (problem !== undefined) return imports.finish(id, 'failed', problem);
      }
      const context = Context.current();
      for (;;) {
        const batch = await imports.pending(id, BATCH);
        if (batch.length === 0) break;
        context.heartbeat(batch[0]?.position);
        const lanes = Array.from({ length: SIDE_BY_SIDE }, (_, lane) =>
          batch.filter(({ position }) => position % SIDE_BY_SIDE === lane),
        );
        // All of them end before the next try begins.
        const ends = await Promise.allSettled(lanes.map((lane) => takeInAll(deps, run, lane)));
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
      }
      await imports.finish(id, 'done');
    },
  });
}

/** What a registry refuses ends the import, with its reason; what is away is tried again. */
function refusalOf(error: unknown): string {
  if (error instanceof RegistryError && error.code !== 'REGISTRY_UNAVAILABLE') return error.message;
  throw error;
}

/** The tags of every repository that the pattern names and the environment has. Says what is wrong where there is none. */
async function listRegistry({ imports, registry }: ImportDependencies, run: ImportRun): Promise<string | undefined> {
  const policy = await imports.policy();
  const named = run.source.includes('*') ? await registry.listRepositories() : [run.source];
  const repositories = named.filter(
    (name) =>
      matchesPattern(run.source, name) && isEnvironmentRepository(policy, name)?.environment === run.environment,
  );
  if (repositories.length === 0) return `no repository of ${run.environment} fits ${run.source}`;
  for (const repository of repositories) {
    Context.current().heartbeat(repository);
    const tags = await registry.listTags(repository);
    const references = tags.map((tag) => ({
      reference: `${registry.host}/${repository}:${tag}`,
      place: `${repository}:${tag}`,
    }));
    if (!(await imports.addReferences(run.id, references)))
      return `more than ${MAX_IMPORT_REFERENCES} tags: bring them in repository by repository`;
  }
  await imports.markListed(run.id);
  return undefined;
}

async function takeInAll(
  deps: ImportDependencies,
  run: ImportRun,
  references: readonly PendingReference[],
): Promise<void> {
  for (const reference of references) {
    const { key, ...decision } = await takeInOne(deps, run, reference);
    await deps.imports.record(run.id, reference.position, decision, key);
    Context.current().heartbeat(reference.position);
  }
}

type Outcome = ImportDecision & { readonly key?: { readonly repository: string; readonly digest: Digest } };

const unresolved = (reason: string): Outcome => ({ outcome: 'unresolved', reason });

async function takeInOne(deps: ImportDependencies, run: ImportRun, asked: PendingReference): Promise<Outcome> {
  const { imports, registry } = deps;
  const policy = await imports.policy();
  const from = { host: registry.host, kind: run.sourceKind };
  const placed = placeReference(policy, run.environment, from, asked.reference);
  if (placed.outcome === 'unresolved') return placed;
  const { destination, repository, tag } = placed;
  try {
    const stored = await registry.getManifest(destination, placed.digest ?? tag ?? 'latest');
    if (stored === undefined)
      return unresolved(`the registry has no ${destination}${placed.digest === undefined ? `:${tag}` : ''} like that`);
    const { digest, mediaType } = stored.descriptor;
    const key = { repository, digest };
    const role = roleOf(stored, tag);
    if (role.role === 'evidence') return { outcome: 'ignored', reason: `is evidence about ${role.subject}`, key };
    const place: ImportedPlace = { ...key, destination, mediaType, place: asked.place };
    const obstacle = await imports.look(run, place);
    if (obstacle !== undefined) return { ...obstacle, key };
    if (run.dryRun) return { outcome: 'taken', reason: '', key };
    if (destination !== repository) await bringAlong(deps, place, stored);
    return { ...(await imports.takeIn(run, place)), key };
  } catch (error) {
    // What is away is tried again, with everything that has no outcome yet.
    if (!(error instanceof RegistryError) || error.code === 'REGISTRY_UNAVAILABLE') throw error;
    return unresolved(error.message);
  }
}

/** Where pushes go it can be judged like any other, with the evidence that lay beside it. Nothing is tagged there. */
async function bringAlong(
  { imports, registry, copyArtifact, desk }: ImportDependencies,
  { repository, destination, digest }: ImportedPlace,
  stored: StoredManifest,
): Promise<void> {
  const progress = (place: string) => Context.current().heartbeat(place);
  const onCreate = (manifests: readonly Digest[]) => imports.intendCopies(repository, manifests);
  if ((await registry.resolve(repository, digest)) === undefined)
    await copyArtifact({ from: destination, to: repository, digest, progress, onCreate });
  const within = await manifestsWithin(registry, destination, stored);
  for (const subject of [digest, ...within.map((one) => one.digest)]) {
    const items: { subject: Digest; manifest: Digest }[] = [];
    for (const { digest: manifest } of await registry.listReferrers(destination, subject, { limit: EVIDENCE })) {
      const referrer = await registry.getManifest(destination, manifest);
      const role = referrer === undefined ? undefined : roleOf(referrer, undefined);
      if (role?.role === 'evidence' && role.subject === subject) items.push({ subject, manifest });
      progress(manifest);
    }
    if (items.length > 0) await desk.copy(destination, repository, items);
  }
}

export type ImportActivities = ReturnType<typeof createImportActivities>;
