/** Workflows to start, written in the transaction that wants them: started after commit, and by a sweeper after a crash. */
import { sql } from 'kysely';
import type { TaskQueue } from '../../domain/artifact/subject.ts';
import type { Database, Executor } from './database.ts';

export interface WorkflowRequest {
  readonly id: string;
  readonly kind:
    | 'promotion'
    | 'incident'
    | 'quarantine'
    | 'rebuild'
    | 'rescan'
    | 'keyRotation'
    | 'reverify'
    | 'importRunning';
  readonly taskQueue: TaskQueue;
  readonly input: Readonly<Record<string, unknown>>;
  /** Distinguishes a later run under the same id; 1 where the id itself is unique. */
  readonly generation?: number;
}

export async function requestWorkflow(executor: Executor, request: WorkflowRequest): Promise<void> {
  await executor
    .insertInto('workflow_request')
    .values({
      workflow_id: request.id,
      generation: request.generation ?? (await nextGeneration(executor, request.id)),
      kind: request.kind,
      task_queue: request.taskQueue,
      input: JSON.stringify(request.input),
    })
    .onConflict((conflict) => conflict.columns(['workflow_id', 'generation']).doNothing())
    .execute();
}

async function nextGeneration(executor: Executor, id: string): Promise<number> {
  const row = await executor
    .selectFrom('workflow_request')
    .select((eb) => eb.fn.coalesce(eb.fn.max('generation'), sql<number>`0`).as('last'))
    .where('workflow_id', '=', id)
    .executeTakeFirstOrThrow();
  return Number(row.last) + 1;
}

export interface PendingWorkflow extends WorkflowRequest {
  readonly generation: number;
}

/** Requests nobody has started yet, oldest first; `olderThanSeconds` leaves those to whoever just wrote them. */
export async function pendingWorkflows(
  db: Database,
  olderThanSeconds: number,
  limit = 100,
): Promise<PendingWorkflow[]> {
  const rows = await db
    .selectFrom('workflow_request')
    .selectAll()
    .where('state', '=', 'pending')
    .where('requested_at', '<=', sql<Date>`now() - make_interval(secs => ${olderThanSeconds})`)
    .orderBy('requested_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.workflow_id,
    kind: row.kind as WorkflowRequest['kind'],
    taskQueue: row.task_queue as TaskQueue,
    input: row.input as unknown as Record<string, unknown>,
    generation: row.generation,
  }));
}

export async function markWorkflowStarted(db: Database, request: { id: string; generation: number }): Promise<void> {
  await db
    .updateTable('workflow_request')
    .set({ state: 'started', started_at: sql<Date>`now()` })
    .where('workflow_id', '=', request.id)
    .where('generation', '=', request.generation)
    .execute();
}

/** Asks for a waiting workflow to be told that something changed; told after commit, and by a sweeper after a crash. */
export async function requestWake(executor: Executor, workflowId: string): Promise<void> {
  await executor
    .insertInto('workflow_wake')
    .values({ workflow_id: workflowId })
    .onConflict((conflict) =>
      conflict.column('workflow_id').doUpdateSet((eb) => ({ wanted: eb('workflow_wake.wanted', '+', 1) })),
    )
    .execute();
}

export interface PendingWake {
  readonly id: string;
  /** Grows with each request: one that comes while the one before is delivered stays. */
  readonly wanted: number;
}

/** Of the workflows named, or of all; longest asked for first. */
export async function pendingWakes(
  db: Database,
  of: { readonly ids: readonly string[] } | { readonly olderThanSeconds: number },
  limit = 100,
): Promise<PendingWake[]> {
  let query = db.selectFrom('workflow_wake').select(['workflow_id as id', 'wanted']);
  if ('ids' in of) query = query.where('workflow_id', 'in', of.ids);
  else query = query.where('requested_at', '<=', sql<Date>`now() - make_interval(secs => ${of.olderThanSeconds})`);
  return query.orderBy('requested_at').limit(limit).execute();
}

export async function settleWake(db: Database, { id, wanted }: PendingWake): Promise<void> {
  await db.deleteFrom('workflow_wake').where('workflow_id', '=', id).where('wanted', '=', wanted).execute();
}
