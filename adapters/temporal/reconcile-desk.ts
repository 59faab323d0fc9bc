import { randomUUID } from 'node:crypto';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { ReconcileDesk, ReconcileReport, ReconcileRun } from '../../domain/artifact/reconcile.ts';
import { taskQueues } from '../../domain/artifact/subject.ts';
import type { Database } from '../postgres/database.ts';
import { appendOutbox } from '../postgres/outbox.ts';
import { readReconcileReport } from '../postgres/read-reconcile.ts';

/** Of those that somebody asked for; a schedule's have ids of their own. */
const workflowId = 'reconcile';

/** Comparing the registry with what was seen: asked for, and followed. */
export function createReconcileDesk(client: Client, db: Database): ReconcileDesk {
  const start = async (actor: string, workflowIdConflictPolicy: 'FAIL' | 'USE_EXISTING') => {
    const options = { workflowId, taskQueue: taskQueues.control, args: [actor], workflowIdConflictPolicy };
    return (await client.workflow.start('reconcile', options)).firstExecutionRunId;
  };
  return {
    async start(actor) {
      // Also of one that is joined, which is another's.
      await appendOutbox(db, {
        ...{ subject: 'reconcile', step: `requested/${randomUUID()}`, type: 'reconcile.requested', actor },
        data: {},
      });
      try {
        return { workflowId, runId: await start(actor, 'FAIL'), joined: false };
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        return { workflowId, runId: await start(actor, 'USE_EXISTING'), joined: true };
      }
    },

    async read(runId) {
      // It runs on after it has reported: copies that are owed may take long.
      const report = await readReconcileReport(db, runId);
      return report === undefined ? readRun(client, runId) : { state: 'done', report };
    },
  };
}

async function readRun(client: Client, runId: string): Promise<ReconcileRun | undefined> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    const { status, raw } = await handle.describe();
    if (status.name !== 'RUNNING') return { state: 'done', report: (await handle.result()) as ReconcileReport };
    const failure = raw.pendingActivities?.find(({ lastFailure }) => lastFailure?.message)?.lastFailure?.message;
    return { state: 'running', ...(failure && { failure }) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (error instanceof WorkflowFailedError) return { state: 'failed', failure: firstCause(error) };
    throw error;
  }
}

/** The workflow's failure wraps the activity's, which wraps what went wrong. */
function firstCause(error: Error): string {
  return error.cause instanceof Error ? firstCause(error.cause) : error.message;
}
