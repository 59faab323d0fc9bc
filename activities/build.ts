/** The builder's only activity: it has its own key and host, and no way to the database. */
import { Context } from '@temporalio/activity';
import type { Builder, FinishedBuild, SourceCommit } from '../domain/building/builder.ts';
import type { Rebuilt } from '../domain/building/rebuild-book.ts';
import { withFailures } from './failures.ts';

export interface BuildDependencies {
  readonly builder: Builder;
  /** Pushes the finished layout with the builder's signature and provenance. */
  readonly publish: (finished: FinishedBuild, repository: string, invocationId: string) => Promise<Rebuilt>;
  readonly discard: (finished: FinishedBuild) => Promise<void>;
}

export function createBuildActivities({ builder, publish, discard }: BuildDependencies) {
  return withFailures({
    async buildFromSource(source: SourceCommit, repository: string): Promise<Rebuilt> {
      const context = Context.current();
      const { workflowId, runId } = context.info.workflowExecution ?? { workflowId: 'none', runId: 'none' };
      // That its process lives is said for every activity (adapters/temporal/keep-alive.ts), whatever the recipe prints.
      const finished = await builder.build(source, { signal: context.cancellationSignal, progress: () => undefined });
      try {
        // What it printed stays on this machine: a history holds references, and a recipe prints what it likes.
        return await publish(finished, repository, `urn:pratique:${workflowId}:${runId}:${context.info.attempt}`);
      } finally {
        await discard(finished);
      }
    },
  });
}

export type BuildActivities = ReturnType<typeof createBuildActivities>;
