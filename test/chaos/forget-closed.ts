/**
 * Temporal forgets closed runs within a minute, as a namespace with a retention of minutes would: the server takes no
 * retention below an hour, so that what its retention timer does is asked for, run by run.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connectTemporal } from '../../adapters/temporal/connect.ts';
import type { Connection } from '../../infra/dev/stack-record.ts';

export interface Forgetting {
  /** Workflows that ended otherwise than by completing, with how. */
  readonly failed: ReadonlySet<string>;
  readonly forgotten: number;
  stop(): Promise<void>;
}

const AFTER_MS = 45_000;
const EVERY_MS = 5000;
const FINE: readonly string[] = ['COMPLETED', 'CONTINUED_AS_NEW'];

export function forgetClosedRuns({ temporalAddress, temporalNamespace: namespace }: Connection): Forgetting {
  const { client, close } = connectTemporal({ address: temporalAddress, namespace });
  const failed = new Set<string>();
  const gone = new Set<string>();
  const stopping = new AbortController();
  const look = async (olderThanMs: number) => {
    const before = new Date(Date.now() - olderThanMs).toISOString();
    const query = `ExecutionStatus != 'Running' and CloseTime < '${before}'`;
    for await (const { workflowId, runId, status } of client.workflow.list({ query })) {
      if (!FINE.includes(status.name)) failed.add(`${workflowId}: ${status.name}`);
      if (gone.has(runId)) continue;
      await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } });
      gone.add(runId);
    }
  };
  const running = (async () => {
    while (!stopping.signal.aborted) {
      // Temporal is away now and then.
      await look(AFTER_MS).catch(() => undefined);
      await delay(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    failed,
    get forgotten() {
      return gone.size;
    },
    async stop() {
      if (stopping.signal.aborted) return;
      stopping.abort();
      await running;
      try {
        await look(0);
      } finally {
        await close();
      }
    },
  };
}
