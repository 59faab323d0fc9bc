/** The registry's own queue is in memory: what it holds and nobody heard of is started here. */
import { Context } from '@temporalio/activity';
import type { ReconcileReport } from '../domain/artifact/reconcile.ts';
import { isRegistryAway, type RegistryReader } from '../domain/artifact/registry.ts';
import type { ArtifactKey } from '../domain/artifact/subject.ts';
import type { GoneBook } from '../domain/promotion/gone-book.ts';
import { compareEnvironments } from './compare-environments.ts';
import { withFailures } from './failures.ts';
import { sayWhere } from './sign-of-life.ts';

export interface ReconcileDependencies {
  readonly registry: RegistryReader;
  readonly isTakenIn: (repository: string) => Promise<boolean>;
  /** Now, by the clock that tells when a tag was pushed. */
  readonly clock: () => Promise<string>;
  /** Records what was missed as an event of its own; undefined where it was known under that tag. */
  readonly takeIn: (
    missed: ArtifactKey & { tag: string; mediaType: string; seenAt: string },
  ) => Promise<number | undefined>;
  readonly startPipeline: (key: ArtifactKey, generation: number) => Promise<void>;
  /** Of a run of the workflow, and who asked for it. */
  readonly report: (report: ReconcileReport, actor: string, runId: string) => Promise<void>;
  readonly gone: GoneBook;
}

/** References of a report that stand in a history; the count says the rest. */
const LISTED = 50;

export function createReconcileActivities({
  registry,
  isTakenIn,
  clock,
  takeIn,
  startPipeline,
  report,
  gone,
}: ReconcileDependencies) {
  const look = async (repository: string, tag: string, missed: string[]): Promise<void> => {
    // Before the look: what is pushed while we look is newer than what we see.
    const seenAt = await clock();
    const found = await registry.resolve(repository, tag);
    if (found === undefined) return;
    const key = { repository, digest: found.digest };
    const generation = await takeIn({ ...key, tag, mediaType: found.mediaType, seenAt });
    if (generation === undefined) return;
    missed.push(`${repository}:${tag}`);
    await startPipeline(key, generation);
  };
  return withFailures({
    /** `actor`: who asked for it; its schedule is nobody. */
    async reconcileRegistry(actor = 'system'): Promise<ReconcileReport> {
      const context = Context.current();
      const progress = (place: string) => sayWhere(context, place);
      const missed: string[] = [];
      let tags = 0;
      const repositories = [];
      for (const repository of await registry.listRepositories())
        if (await isTakenIn(repository)) repositories.push(repository);
      let failure: { readonly error: unknown } | undefined;
      /** A repository with more tags than are listed, or a tag of something else, keeps nobody from looking at the others. */
      const goOn = (error: unknown): void => {
        if (isRegistryAway(error)) throw error;
        failure ??= { error };
      };
      for (const repository of repositories) {
        progress(repository);
        const listed = await registry.listTags(repository).catch(goOn);
        for (const tag of listed ?? []) {
          context.cancellationSignal.throwIfAborted();
          if (!/^sha256-[a-f0-9]{64}/.test(tag)) await look(repository, tag, missed).catch(goOn);
        }
        tags += listed?.length ?? 0;
      }
      await compareEnvironments(registry, gone, { progress, goOn });
      if (failure !== undefined) throw failure.error;
      const more = missed.length - LISTED;
      const listed = { repositories: repositories.length, tags, missed: missed.slice(0, LISTED) };
      const result = more > 0 ? { ...listed, more } : listed;
      // An activity that is no workflow's is a run of its own.
      const { workflowExecution, activityId } = context.info;
      await report(result, actor, workflowExecution?.runId ?? activityId);
      return result;
    },
  });
}

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;
