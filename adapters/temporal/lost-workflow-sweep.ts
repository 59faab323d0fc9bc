/** Work that Postgres has open and no run of Temporal does: requested again. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Database } from '../postgres/database.ts';
import { requestAgain, type StartedWorkflow, undoneWorkflows } from '../postgres/lost-workflows.ts';

/** Asked of Temporal in one sweep, a call each. */
const BATCH = 50;
/** Over, and followed by no other run: ended at a limit, terminated, or failed. */
const OVER: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT']);

/** One sweep a call, which goes on where the one before ended. Returns how many were requested again. */
export function createLostWorkflowSweep(client: Client, db: Database): () => Promise<number> {
  let after: StartedWorkflow | undefined;
  return async () => {
    const batch = await undoneWorkflows(db, after, BATCH);
    let again = 0;
    for (const one of batch) {
      if ((await isGone(client, one.id)) && (await requestAgain(db, one))) again += 1;
      after = one;
    }
    if (batch.length < BATCH) after = undefined;
    return again;
  };
}

async function isGone(client: Client, id: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(id).describe();
    return OVER.has(status.name);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return true;
    throw error;
  }
}
