/** Workflows to start, written in the transaction that wants them: started after commit, and by a sweeper after a crash. */
import { type Selectable, sql, type Transaction } from 'kysely';
import { type TaskQueue, taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import type { Database, Executor } from './database.ts';
import type { Schema } from './schema.ts';

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

/**
 * Asks for a rescan that begins after this transaction is committed. One request is enough for all who ask until it begins: the
 * one that is pending takes a new generation, so that a run which began before, under the one it had, does not answer for it.
 */
export async function requestRescan(trx: Transaction<Schema>): Promise<void> {
  const id = workflowIds.rescan;
  // One after the other: of two that do not see each other's generation, one would be lost.
  await sql`select pg_advisory_xact_lock(hashtext('pratique rescan request'))`.execute(trx);
  const { numUpdatedRows } = await trx
    .updateTable('workflow_request')
    .set({ generation: await nextGeneration(trx, id), tried_at: null })
    .where('workflow_id', '=', id)
    .where('state', '=', 'pending')
    .where('generation', '=', (eb) =>
      eb
        .selectFrom('workflow_request as r')
        .select((of) => of.fn.max('r.generation').as('newest'))
        .where('r.workflow_id', '=', id)
        .where('r.state', '=', 'pending'),
    )
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return;
  await requestWorkflow(trx, { id, kind: 'rescan', taskQueue: taskQueues.control, input: {} });
}

export interface PendingWorkflow extends WorkflowRequest {
  readonly generation: number;
}

/**
 * Requests nobody has started yet, at most `limit` of each task queue, the urgent queue first; of an id the first generation, as
 * one runs after the other. Those never tried come before those that could not be started ({@link postponeWorkflow}), and of
 * those the first of an id, which no earlier run can hold up: so that what can not be started, however much it is, keeps none of
 * the others. `olderThanSeconds` leaves the young ones to whoever just wrote them.
 */
export async function pendingWorkflows(
  db: Database,
  olderThanSeconds: number,
  limit = 100,
): Promise<PendingWorkflow[]> {
  const { rows } = await sql<Selectable<Schema['workflow_request']>>`
    select * from (
      select *, row_number() over (partition by task_queue
        order by tried_at nulls first, generation > 1, requested_at, workflow_id) as place
      from (
        select distinct on (workflow_id) * from workflow_request where state = 'pending'
          and requested_at <= now() - make_interval(secs => ${olderThanSeconds})
        order by workflow_id, generation) first) placed
    where place <= ${limit} order by task_queue <> ${taskQueues.urgent}, task_queue, place`.execute(db);
  return rows.map((row) => ({
    id: row.workflow_id,
    kind: row.kind as WorkflowRequest['kind'],
    taskQueue: row.task_queue as TaskQueue,
    input: row.input as unknown as Record<string, unknown>,
    generation: row.generation,
  }));
}

/** It could not be started now: whatever was not tried since is tried before it. */
export async function postponeWorkflow(db: Database, request: { id: string; generation: number }): Promise<void> {
  await db
    .updateTable('workflow_request')
    .set({ tried_at: sql<Date>`now()` })
    .where('workflow_id', '=', request.id)
    .where('generation', '=', request.generation)
    .execute();
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

/** It could not be told now: the others are told before it. */
export async function postponeWake(db: Database, { id }: PendingWake): Promise<void> {
  await db.updateTable('workflow_wake').set({ requested_at: sql<Date>`now()` }).where('workflow_id', '=', id).execute();
}

export async function settleWake(db: Database, { id, wanted }: PendingWake): Promise<void> {
  await db.deleteFrom('workflow_wake').where('workflow_id', '=', id).where('wanted', '=', wanted).execute();
}
