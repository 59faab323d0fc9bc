/** The registry's own queue is in memory: what it holds and nobody heard of is started here. */
import { Context } from '@temporalio/activity';
import { isRegistryAway, type RegistryReader } from '../domain/artifact/registry.ts';
import type { ArtifactKey } from '../domain/artifact/subject.ts';
import { withFailures } from './failures.ts';

export interface ReconcileReport {
  readonly repositories: number;
  readonly tags: number;
  /** Artifacts nobody had heard of: started now. */
  readonly missed: readonly string[];
}

export interface ReconcileDependencies {
  readonly registry: RegistryReader;
  readonly isTakenIn: (repository: string) => Promise<boolean>;
  /** Records what was missed as an event of its own; undefined where it was known under that tag. */
  readonly takeIn: (
    missed: ArtifactKey & { tag: string; mediaType: string; seenAt: string },
  ) => Promise<number | undefined>;
  readonly startPipeline: (key: ArtifactKey, generation: number) => Promise<void>;
  readonly report: (report: ReconcileReport) => Promise<void>;
}

/** References of a report that stand in a history; the count says the rest. */
const LISTED = 50;

export function createReconcileActivities({
  registry,
  isTakenIn,
  takeIn,
  startPipeline,
  report,
}: ReconcileDependencies) {
  /** How many tags it has; adds what was missed. */
  const compare = async (repository: string, missed: string[]): Promise<number> => {
    const tags = await registry.listTags(repository);
    for (const tag of tags) {
      if (/^sha256-[a-f0-9]{64}/.test(tag)) continue;
      // Before the look: what is pushed while we look is newer than what we see.
      const seenAt = new Date().toISOString();
      const found = await registry.resolve(repository, tag);
      if (found === undefined) continue;
      const key = { repository, digest: found.digest };
      const generation = await takeIn({ ...key, tag, mediaType: found.mediaType, seenAt });
      if (generation === undefined) continue;
      missed.push(`${repository}:${tag}`);
      await startPipeline(key, generation);
    }
    return tags.length;
  };
  return withFailures({
    async reconcileRegistry(): Promise<ReconcileReport> {
      const context = Context.current();
      const missed: string[] = [];
      let tags = 0;
      const repositories = [];
      for (const repository of await registry.listRepositories())
        if (await isTakenIn(repository)) repositories.push(repository);
      let failure: { readonly error: unknown } | undefined;
      for (const repository of repositories) {
        context.heartbeat(repository);
        try {
          tags += await compare(repository, missed);
        } catch (error) {
          if (isRegistryAway(error)) throw error;
          // One with more tags than are listed, say, keeps nobody from looking at the others.
          failure ??= { error };
        }
      }
      if (failure !== undefined) throw failure.error;
      const result = { repositories: repositories.length, tags, missed: missed.slice(0, LISTED) };
      await report(result);
      return result;
    },
  });
}

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;
