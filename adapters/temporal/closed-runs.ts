import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { ClosedRunSource } from '../../domain/history/closed-run.ts';
import { historyToJson } from './history-json.ts';

const compress = promisify(gzip);

/** The closed runs of the client's namespace, as Temporal lists them. */
export function createClosedRuns(client: Client): ClosedRunSource {
  return {
    async retentionSeconds() {
      const { config } = await client.workflowService.describeNamespace({ namespace: client.options.namespace });
      return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
    },
    async *closedBetween(from, to) {
      const query = `CloseTime BETWEEN '${from.toISOString()}' AND '${to.toISOString()}'`;
      for await (const { workflowId, runId, type, status, closeTime } of client.workflow.list({ query }))
        if (closeTime !== undefined) yield { workflowId, runId, kind: type, status: status.name, closedAt: closeTime };
    },
    async history({ workflowId, runId }) {
      try {
        const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
        return await compress(historyToJson(history));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    },
  };
}
