/** Starts and signals workflows by name: what is started was requested in Postgres first, and may be started twice. */

import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { type ArtifactKey, taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Database } from '../postgres/database.ts';
import {
  markWorkflowStarted,
  type PendingWake,
  type PendingWorkflow,
  pendingWakes,
  pendingWorkflows,
  postponeWake,
  postponeWorkflow,
  settleWake,
} from '../postgres/workflow-request.ts';
import { searchAttributes } from './search-attributes.ts';

/** Of one sweep, in one task queue: more of them, and it is Temporal that is away. Those that failed have the last turn of the next. */
const MOST_FAILURES = 3;
/** A run that is about to end has ended by then. */
const TURN_PATIENCE_MS = 10_000;

export interface WorkflowStarter {
  /** Starts the pipeline, or tells the open run about the generation: whichever it is, this generation will run. */
  startPipeline(key: ArtifactKey, generation: number): Promise<void>;
  /** Starts what was requested; a request whose id is still taken by an earlier run stays pending, behind the others. */
  startRequested(request: PendingWorkflow): Promise<void>;
  /**
   * Likewise; one whose id is still taken is started as soon as that run ends, where it ends within seconds: it may be the one that
   * asks, as of a promotion that carries the next tag. Does not wait for that; what comes to nothing is left to {@link sweep}.
   */
  startInTurn(request: PendingWorkflow): Promise<void>;
  /** Tells waiting promotions to look again, those whose wake was requested in Postgres. */
  wake(ids: readonly string[]): Promise<void>;
  /** Starts and wakes everything that was requested at least this long ago. Returns how many. */
  sweep(olderThanSeconds: number): Promise<number>;
}

export function createWorkflowStarter(client: Client, db: Database): WorkflowStarter {
  /** Returns the earlier run that has the id, where one has. */
  const start = async (request: PendingWorkflow): Promise<WorkflowHandle | undefined> => {
    try {
      await client.workflow.start(request.kind, {
        workflowId: request.id,
        taskQueue: request.taskQueue,
        args: [request.input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        memo: { generation: request.generation },
        typedSearchAttributes: attributesOf(request.input),
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // Ours, started by somebody who did not live to say so; or an earlier one that must end first.
      const { memo, runId } = await client.workflow.getHandle(request.id).describe();
      if (memo?.generation !== request.generation) {
        await postponeWorkflow(db, request);
        return client.workflow.getHandle(request.id, runId, { followRuns: false });
      }
    }
    await reach('workflow.started', request.id);
    await markWorkflowStarted(db, request);
    return undefined;
  };
  const startRequested = async (request: PendingWorkflow): Promise<void> => void (await start(request));
  const startAfter = async (earlier: WorkflowHandle, request: PendingWorkflow): Promise<void> => {
    // However it ended, or where it did not.
    await client.withDeadline(Date.now() + TURN_PATIENCE_MS, () => earlier.result()).catch(() => undefined);
    await startRequested(request);
  };
  const wake = async (request: PendingWake): Promise<void> => {
    try {
      await client.workflow.getHandle(request.id).signal('lookAgain');
    } catch (error) {
      // Not started yet, or over: either way nobody waits. It looks when it starts.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    await settleWake(db, request);
  };
  return {
    async startPipeline(key, generation) {
      await client.workflow.signalWithStart('artifactPipeline', {
        workflowId: workflowIds.artifact(key),
        taskQueue: taskQueues.control,
        args: [{ ...key, generation }],
        signal: 'generationRequested',
        signalArgs: [generation],
        typedSearchAttributes: attributesOf({ ...key }),
      });
    },
    startRequested,
    async startInTurn(request) {
      const earlier = await start(request);
      if (earlier !== undefined) void startAfter(earlier, request).catch(() => undefined);
    },
    async wake(ids) {
      if (ids.length > 0) for (const request of await pendingWakes(db, { ids })) await wake(request);
    },
    async sweep(olderThanSeconds) {
      const requests = await pendingWorkflows(db, olderThanSeconds);
      const wakes = await pendingWakes(db, { olderThanSeconds });
      // Each queue by itself, as they come: what can not be started in one keeps nothing of another.
      const lanes = Map.groupBy(requests, ({ taskQueue }) => taskQueue);
      const failures: unknown[] = [];
      for (const lane of lanes.values())
        failures.push(...(await attempt(lane, startRequested, (request) => postponeWorkflow(db, request))));
      failures.push(...(await attempt(wakes, wake, (request) => postponeWake(db, request))));
      if (failures.length > 0) throw failures[0];
      return requests.length + wakes.length;
    },
  };
}

/** One after the other, past those that fail, which are put behind the others. Returns the failures, {@link MOST_FAILURES} at most. */
async function attempt<T>(
  requests: readonly T[],
  act: (request: T) => Promise<void>,
  postpone: (request: T) => Promise<void>,
): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const request of requests) {
    await act(request).catch(async (error: unknown) => {
      failures.push(error);
      await postpone(request);
    });
    if (failures.length === MOST_FAILURES) break;
  }
  return failures;
}

function attributesOf(input: Readonly<Record<string, unknown>>) {
  const pairs = (['digest', 'repository', 'environment', 'incident'] as const).flatMap((name) => {
    const value = input[name];
    return typeof value === 'string' ? [{ key: searchAttributes[name], value }] : [];
  });
  // Where it waits, it says so itself: workflows/runtime/phase.ts.
  return [...pairs, { key: searchAttributes.phase, value: 'running' }];
}
