/** Comparisons of the registry that somebody asks for: on record, joined where one runs, and followed to their end. */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createReconcileBook } from '../../../adapters/postgres/reconcile-book.ts';
import { createReconcileDesk } from '../../../adapters/temporal/reconcile-desk.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { infra } from '../../infra.ts';
import { createHarbour, type Harbour } from '../postgres/harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let client: Client;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  const connection = await Connection.connect({ address: infra().temporalAddress });
  // Nobody works here: what is started runs until it is ended.
  const namespace = `desk-${randomUUID()}`;
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  client = new Client({ connection, namespace });
});
afterAll(async () => {
  await client.connection.close();
  await own.drop();
});

test('who asks is on record, also of one that runs already; what comes of it is read back', async () => {
  const desk = createReconcileDesk(client, own.db);
  const first = await desk.start('olga');
  const second = await desk.start('rita');
  expect([first.joined, second]).toEqual([false, { ...first, joined: true }]);
  const rows = await own.db.selectFrom('outbox').select(['type', 'actor']).where('subject', '=', 'reconcile').execute();
  expect(rows).toEqual(['olga', 'rita'].map((actor) => ({ type: 'reconcile.requested', actor })));

  expect(await desk.read(randomUUID())).toBeUndefined();
  expect(await desk.read(first.runId)).toEqual({ state: 'running' });
  await client.workflow.getHandle('reconcile').terminate('the end of the test');
  expect(await desk.read(first.runId)).toEqual({ state: 'failed', failure: 'the end of the test' });

  const third = await desk.start('olga');
  expect(third).toMatchObject({ joined: false });
  const report = { repositories: 2, tags: 60, missed: ['shop/web:1.0'], more: 3 };
  await createReconcileBook(own.db, harbour.policies).report(report, 'olga', third.runId);
  // It runs on, to keep copies that are owed.
  expect(await desk.read(third.runId)).toEqual({ state: 'done', report });
  await client.workflow.getHandle('reconcile').terminate('the end of the test');
});
