/**
 * A stage for workflows: the real Temporal server and the real bundle, with activities that the test plays itself. Every
 * test gives its own cast; an activity without a part in it fails, so that nothing is called unnoticed.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, type Workflow } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { AdvisoryActivities } from '../../activities/advisories.ts';
import type { BuildActivities } from '../../activities/build.ts';
import type { ExportHistoriesActivities } from '../../activities/export-histories.ts';
import type { ImportActivities } from '../../activities/import.ts';
import type { InspectActivities } from '../../activities/inspect.ts';
import type { KeepLaterActivities } from '../../activities/keep-later.ts';
import type { PipelineActivities } from '../../activities/pipeline.ts';
import type { PromotionActivities } from '../../activities/promotion.ts';
import type { QuarantineActivities } from '../../activities/quarantine.ts';
import type { RebuildActivities } from '../../activities/rebuild.ts';
import type { ReconcileActivities } from '../../activities/reconcile.ts';
import type { ReverifyActivities } from '../../activities/reverify.ts';
import type { TrustActivities } from '../../activities/trust/activities.ts';
import { dataConverter } from '../../adapters/temporal/payload-limit.ts';
import { ensureSearchAttributes } from '../../adapters/temporal/search-attributes.ts';
import { taskQueues } from '../../domain/artifact/subject.ts';
import { quietTemporal } from './quiet-temporal.ts';

/** Parts for some of the real activities, with their real types. */
export type Cast = Partial<
  AdvisoryActivities &
    BuildActivities &
    ExportHistoriesActivities &
    ImportActivities &
    InspectActivities &
    PipelineActivities &
    PromotionActivities &
    QuarantineActivities &
    RebuildActivities &
    ReconcileActivities &
    KeepLaterActivities &
    ReverifyActivities &
    TrustActivities
>;

export interface Performance<W extends Workflow> {
  readonly handle: WorkflowHandle<W>;
  /** Names of the activities called so far, in order; a failed try counts. */
  readonly calls: readonly string[];
  /** Names of the activities that went through a task queue, by its history: without local ones. */
  scheduled(): Promise<string[]>;
  /** Resolves when an activity was called so often. */
  called(activity: keyof Cast, times?: number): Promise<void>;
}

export interface Stage {
  readonly client: Client;
  perform<W extends Workflow>(workflow: string, args: Parameters<W>, cast: Cast): Promise<Performance<W>>;
  close(): Promise<void>;
}

const PATIENCE_MS = 30_000;
/** Names nobody: histories are kept in the repository. */
const IDENTITY = 'stage';

export async function openStage(address: string, workflowBundle: { codePath: string }): Promise<Stage> {
  quietTemporal();
  const namespace = `stage-${randomUUID()}`;
  const [connection, native] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const client = new Client({ connection, namespace, identity: IDENTITY, dataConverter });
  await ensureSearchAttributes(client, namespace);
  const casts = new Map<string, { cast: Cast; calls: string[] }>();
  const play = async (...args: unknown[]) => {
    const { activityType, workflowExecution } = Context.current().info;
    const { cast, calls } = casts.get(workflowExecution?.workflowId ?? '') ?? {};
    calls?.push(activityType);
    const part = cast?.[activityType as keyof Cast] as ((...given: unknown[]) => Promise<unknown>) | undefined;
    if (part === undefined) throw ApplicationFailure.nonRetryable(`nobody plays ${activityType}`, 'NO_PART');
    return part(...args);
  };
  const workers = await Promise.all(
    Object.values(taskQueues).map((taskQueue) =>
      Worker.create({
        connection: native,
        namespace,
        taskQueue,
        identity: IDENTITY,
        activities: { default: play },
        dataConverter,
        shutdownGraceTime: '1s',
        ...(taskQueue === taskQueues.control ? { workflowBundle } : {}),
      }),
    ),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    client,
    async perform<W extends Workflow>(workflow: string, args: Parameters<W>, cast: Cast) {
      const workflowId = `${workflow}/${randomUUID()}`;
      const calls: string[] = [];
      casts.set(workflowId, { cast, calls });
      const options = { workflowId, taskQueue: taskQueues.control, args };
      const handle = await client.workflow.start<Workflow>(workflow, options);
      return {
        handle: handle as WorkflowHandle<W>,
        calls,
        async scheduled() {
          const { events } = await handle.fetchHistory();
          return (events ?? []).flatMap(
            ({ activityTaskScheduledEventAttributes: attributes }) => attributes?.activityType?.name ?? [],
          );
        },
        async called(activity, times = 1) {
          const deadline = performance.now() + PATIENCE_MS;
          while (calls.filter((name) => name === activity).length < times) {
            if (performance.now() > deadline)
              throw new Error(`${activity} was not called ${times} times: ${calls.join(', ')}`);
            await delay(20);
          }
        },
      };
    },
    async close() {
      for (const worker of workers) worker.shutdown();
      await running;
      await native.close();
      await connection.close();
    },
  };
}
