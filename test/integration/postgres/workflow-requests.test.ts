/** Requested workflows and who has the next turn: what can not be started keeps none of the others, and one pending rescan is enough. */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { transact } from '../../../adapters/postgres/database.ts';
import {
  markWorkflowStarted,
  pendingWorkflows,
  requestRescan,
  requestWake,
  requestWorkflow,
  type WorkflowRequest,
} from '../../../adapters/postgres/workflow-request.ts';
import { createLostWorkflowSweep } from '../../../adapters/temporal/lost-workflow-sweep.ts';
import { createWorkflowStarter } from '../../../adapters/temporal/workflow-starter.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';

let own: TestDatabase;
beforeEach(async () => {
  own = await createTestDatabase();
});
afterEach(() => own.drop());

const askForRescan = () => transact(own.db, requestRescan);
const request = (
  id: string,
  kind: WorkflowRequest['kind'] = 'promotion',
  taskQueue: 'control' | 'urgent' = 'control',
) => requestWorkflow(own.db, { id, kind, taskQueue, input: {} });
const pending = async () => (await pendingWorkflows(own.db, 0)).map(({ id }) => id);

/** Temporal's client, as far as the starter uses it: some ids still run, some can not be started. */
function temporal({
  runs = () => false,
  fails = () => false,
}: Partial<Record<'runs' | 'fails', (id: string) => boolean>>) {
  const started: string[] = [];
  const told: string[] = [];
  const client = {
    workflow: {
      start: async (kind: string, { workflowId }: { workflowId: string }) => {
        if (fails(workflowId)) throw new Error(`${workflowId} can not be started`);
        if (runs(workflowId)) throw new WorkflowExecutionAlreadyStartedError('runs', workflowId, kind);
        started.push(workflowId);
      },
      getHandle: (workflowId: string) => ({
        describe: async () => ({ memo: { generation: 0 } }),
        signal: async () => void told.push(workflowId),
      }),
    },
  };
  return { started, told, starter: createWorkflowStarter(client as unknown as Client, own.db) };
}

describe('a rescan', () => {
  test('is asked for by many and requested once', async () => {
    for (let ask = 0; ask < 5; ask += 1) await askForRescan();
    expect(await pending()).toEqual(['rescan']);
    const { rows } = await sql`select from workflow_request`.execute(own.db);
    expect(rows).toHaveLength(1);
  });

  test('that begins before somebody asks does not answer for him', async () => {
    await askForRescan();
    const [begun] = await pendingWorkflows(own.db, 0);
    await askForRescan();
    await markWorkflowStarted(own.db, begun!);
    const [next] = await pendingWorkflows(own.db, 0);
    expect(next?.generation).toBeGreaterThan(begun!.generation);
    await markWorkflowStarted(own.db, next!);
    expect(await pending()).toEqual([]);
  });

  test('is lost by none of two who ask at once', async () => {
    const first = await heldTransaction(own.db, requestRescan);
    const second = askForRescan();
    await own.blocked(1);
    await first.commit();
    const [begun] = await pendingWorkflows(own.db, 0);
    await second;
    const [left] = await pendingWorkflows(own.db, 0);
    expect([begun?.id, left?.id]).toEqual(['rescan', 'rescan']);
    const { rows } = await sql`select from workflow_request`.execute(own.db);
    expect(rows).toHaveLength(1);
  });
});

describe('a sweep', () => {
  test('starts what is new behind any number of requests whose ids still run', async () => {
    await sql`
      insert into workflow_request (workflow_id, generation, kind, task_queue, input, state)
      select 'held/' || n, g, 'quarantine', 'control', '{}', case g when 1 then 'started' else 'pending' end
      from generate_series(1, 250) n, generate_series(1, 2) g`.execute(own.db);
    await request('rebuild/new');
    let isOver = false;
    const { starter, started } = temporal({ runs: (id) => !isOver && id.startsWith('held/') });
    await starter.sweep(0);
    expect(started).toEqual(['rebuild/new']);
    await starter.sweep(0);
    await starter.sweep(0);
    await request('rebuild/newer');
    await starter.sweep(0);
    expect(started).toEqual(['rebuild/new', 'rebuild/newer']);
    isOver = true;
    for (let sweep = 0; sweep < 3; sweep += 1) await starter.sweep(0);
    expect(started).toHaveLength(252);
  });

  test('starts urgent ones whatever waits elsewhere, and each of an id in its turn', async () => {
    for (let count = 0; count < 120; count += 1) await request(`waits/${count}`);
    await request('quarantine/a', 'quarantine', 'urgent');
    await request('quarantine/a', 'quarantine', 'urgent');
    const { starter, started } = temporal({});
    await starter.sweep(0);
    expect(started[0]).toBe('quarantine/a');
    expect(started.filter((id) => id === 'quarantine/a')).toHaveLength(1);
    expect(started).toHaveLength(101);
    await starter.sweep(0);
    expect(started.filter((id) => id === 'quarantine/a')).toHaveLength(2);
  });

  test('goes on past those that can not be started, and comes back to them', async () => {
    for (let count = 0; count < 7; count += 1) await request(`poison/${count}`);
    await request('good/1');
    await requestWake(own.db, 'promotion/waits');
    let isPoison = true;
    const { starter, started, told } = temporal({ fails: (id) => isPoison && id.startsWith('poison/') });
    for (let sweep = 0; sweep < 3; sweep += 1) await expect(starter.sweep(0)).rejects.toThrow('can not be started');
    expect(started).toEqual(['good/1']);
    expect(told).toEqual(['promotion/waits']);
    isPoison = false;
    await starter.sweep(0);
    expect(started).toHaveLength(8);
    expect(await pending()).toEqual([]);
  });
});

describe('what Postgres has open and no run works on', () => {
  const sweepOf = (statusOf: (id: string) => string) =>
    createLostWorkflowSweep(
      {
        workflow: { getHandle: (id: string) => ({ describe: async () => ({ status: { name: statusOf(id) } }) }) },
      } as unknown as Client,
      own.db,
    );
  const isStartedLongAgo = () =>
    sql`update workflow_request set state = 'started', started_at = now() - interval '1 hour'`.execute(own.db);

  test('is requested again, once its run is over and it is not done', async () => {
    await sql`
      insert into incident (id, selector, reason, opened_by) values ('i', '{"kind":"digest","value":"d"}', 'suspected', 'ann')`.execute(
      own.db,
    );
    await sql`
      insert into incident_subject (incident, digest, relation, state)
      values ('i', 'lost', 'selected', 'removing'), ('i', 'done', 'selected', 'confirmed')`.execute(own.db);
    await sql`
      insert into promotion (environment, repository, digest, generation, state, build_order, requested_by)
      values ('dev', 'shop', 'lost', 2, 'waiting', 1, 'ann'), ('dev', 'shop', 'done', 1, 'undone', 1, 'ann')`.execute(
      own.db,
    );
    for (const digest of ['lost', 'done'])
      await requestWorkflow(own.db, {
        ...{ id: `quarantine/${digest}`, kind: 'quarantine', taskQueue: 'urgent' },
        input: { digest, incident: 'i' },
      });
    await requestWorkflow(own.db, {
      id: 'incident/i',
      kind: 'incident',
      taskQueue: 'urgent',
      input: { incident: 'i' },
    });
    for (const [digest, generation] of [
      ['lost', 2],
      ['done', 1],
    ] as const)
      await requestWorkflow(own.db, {
        ...{ id: `promotion/dev/shop@${digest}`, kind: 'promotion', taskQueue: 'control', generation },
        input: {},
      });
    const runs = sweepOf(() => 'RUNNING');
    const over = sweepOf(() => 'TERMINATED');
    await sql`update workflow_request set state = 'started', started_at = now()`.execute(own.db);
    expect(await over()).toBe(0);
    await isStartedLongAgo();
    expect(await runs()).toBe(0);
    expect(await pending()).toEqual([]);
    expect(await over()).toBe(3);
    expect(await pending()).toEqual(['incident/i', 'quarantine/lost', 'promotion/dev/shop@lost']);
  });

  test('is so for a rebuild, a rotation of a key, a reverification and an import, too', async () => {
    await sql`
      insert into rebuild (id, repository, digest, state, requested_by)
      values ('r1', 'shop', 'lost', 'building', 'ann'), ('r0', 'shop', 'lost', 'failed', 'ann')`.execute(own.db);
    await sql`
      insert into key_rotation (id, key, reason, requested_by, overlap_seconds, state)
      values ('k1', 'evidence', 'due', 'ann', 0, 'signing'), ('k0', 'evidence', 'due', 'ann', 0, 'done')`.execute(
      own.db,
    );
    await sql`
      insert into reverification (id, kind, value, ended_at) values ('v1', 'signer', 'x', null), ('v0', 'signer', 'x', now())`.execute(
      own.db,
    );
    await sql`
      insert into import_run (id, environment, until, reason, source_kind, source, dry_run, requested_by, requested_role, state)
      select id, 'dev', now(), 'before us', 'git', 'x', false, 'ann', 'admin', state
      from (values ('i1', 'started'), ('i0', 'done'), ('i2', 'open')) v(id, state)`.execute(own.db);
    const ask = (id: string, kind: Parameters<typeof requestWorkflow>[1]['kind'], input: Record<string, unknown>) =>
      requestWorkflow(own.db, { id, kind, taskQueue: 'control', input });
    for (const rebuild of ['r0', 'r1']) await ask('rebuild/lost', 'rebuild', { rebuild });
    for (const rotation of ['k1', 'k0']) await ask(`key-rotation/${rotation}`, 'keyRotation', { rotation });
    for (const reverification of ['v1', 'v0']) await ask(`reverify/${reverification}`, 'reverify', { reverification });
    for (const id of ['i1', 'i0', 'i2']) await ask(`import/${id}`, 'importRunning', { id });
    await isStartedLongAgo();
    expect(await sweepOf(() => 'RUNNING')()).toBe(0);
    expect(await sweepOf(() => 'FAILED')()).toBe(4);
    expect((await pending()).sort()).toEqual(['import/i1', 'key-rotation/k1', 'rebuild/lost', 'reverify/v1']);
    const { rows } = await sql`
      select generation from workflow_request where workflow_id = 'rebuild/lost' and state = 'pending'`.execute(own.db);
    expect(rows).toEqual([{ generation: 2 }]);
  });

  test('has its turn, however much is open', async () => {
    await sql`
      insert into promotion (environment, repository, digest, generation, state, build_order, requested_by)
      select 'dev', 'shop', n::text, 1, 'waiting', 1, 'ann' from generate_series(1, 120) n`.execute(own.db);
    await sql`
      insert into workflow_request (workflow_id, generation, kind, task_queue, input)
      select 'promotion/dev/shop@' || n, 1, 'promotion', 'control', '{}' from generate_series(1, 120) n`.execute(
      own.db,
    );
    await isStartedLongAgo();
    const sweep = sweepOf((id) => (id === 'promotion/dev/shop@99' ? 'FAILED' : 'RUNNING'));
    const again = [await sweep(), await sweep(), await sweep()];
    expect(again.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await pending()).toEqual(['promotion/dev/shop@99']);
  });
});
