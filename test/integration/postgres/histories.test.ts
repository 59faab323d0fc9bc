import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createExportHistoriesActivities } from '../../../activities/export-histories.ts';
import { createPostgresBlobStore, sha256Digest } from '../../../adapters/postgres/blob-store.ts';
import { createHistoryBook } from '../../../adapters/postgres/history-book.ts';
import { listHistories, readHistory } from '../../../adapters/postgres/read-histories.ts';
import type { ClosedRun } from '../../../domain/history/closed-run.ts';
import type { HistoryRetention } from '../../../domain/history/history-retention.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { inActivity } from '../../in-activity.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());
beforeEach(async () => {
  await sql`truncate workflow_history, placement, incident_subject, incident, blob cascade`.execute(own.db);
});

const NOW = new Date('2026-06-01T00:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000);
const artifact = (name: string) => `shop/web@${sha256Digest(name)}`;

interface Run {
  readonly workflowId: string;
  readonly kind: string;
  readonly days: number;
  readonly status?: string;
  /** Bytes, about. */
  readonly size?: number;
}

async function keep({ workflowId, kind, days, status = 'COMPLETED', size = 100 }: Run): Promise<string> {
  const run = { runId: randomUUID(), workflowId, kind, status, closedAt: daysAgo(days) };
  // What can not be packed: its gzipped size is its own.
  const filler = Array.from({ length: Math.ceil(size / 16) }, () => randomUUID().replaceAll('-', '')).join('');
  const body = gzipSync(JSON.stringify({ events: [], filler: Buffer.from(filler, 'hex').toString('base64') }));
  const { digest } = await createPostgresBlobStore(own.db).put(body, 'application/gzip');
  await createHistoryBook(own.db).keep(run, digest);
  return run.runId;
}

const prune = (retention: Partial<HistoryRetention> = {}) =>
  createHistoryBook(own.db).prune(
    { maximumAge: 400 * 86_400, maximumBytes: undefined, ...retention },
    NOW,
    () => undefined,
  );

const all = { about: undefined, workflowId: undefined, kind: undefined, status: undefined };
const list = async () => (await listHistories(own.db, all, { limit: 100, after: undefined })).items;
const whole = async () => (await list()).filter(({ bytes }) => bytes !== null).map(({ run }) => run);
const blobs = async () => (await own.db.selectFrom('blob').select('digest').execute()).map(({ digest }) => digest);

test('a body goes when its time is over, and the row says what it was', async () => {
  const id = `promotion/dev/${artifact('a')}`;
  const old = await keep({ workflowId: id, kind: 'promotion', days: 401 });
  const young = await keep({ workflowId: id, kind: 'promotion', days: 399 });
  const before = await readHistory(own.db, old);
  expect(before).toMatchObject({ history: { events: [] }, summary: { prunedAt: null } });
  expect(await prune()).toEqual({ runs: 0, bodies: 1 });
  expect(await prune()).toEqual({ runs: 0, bodies: 0 });
  const after = await readHistory(own.db, old);
  expect(after?.history).toBeUndefined();
  expect(after?.summary).toMatchObject({
    ...{ run: old, workflowId: id, kind: 'promotion', status: 'COMPLETED', bytes: null },
    digest: before?.summary.digest,
    prunedAt: expect.any(String) as string,
  });
  expect(await whole()).toEqual([young]);
  expect(await blobs()).toEqual([(await readHistory(own.db, young))?.summary.digest]);
});

test('scheduled runs that completed go after a week, row and all; one that failed is kept like any other', async () => {
  await keep({ workflowId: 'scheduled-reconcile-1', kind: 'reconcile', days: 8 });
  const failed = await keep({ workflowId: 'scheduled-reconcile-2', kind: 'reconcile', days: 8, status: 'FAILED' });
  const young = await keep({ workflowId: 'scheduled-rescan-1', kind: 'rescan', days: 6 });
  expect(await prune()).toEqual({ runs: 1, bodies: 0 });
  expect((await list()).map(({ run }) => run)).toEqual([young, failed]);
});

test('what is live, what an incident ever named, and what people are asked about later stays', async () => {
  const { db } = own;
  await db
    .insertInto('placement')
    .values([
      { environment: 'prod', destination: 'prod/shop/web', digest: sha256Digest('live'), state: 'live' },
      { environment: 'prod', destination: 'prod/shop/web', digest: sha256Digest('gone'), state: 'removed' },
    ])
    .execute();
  await sql`insert into incident (id, selector, reason, opened_by) values ('INC-1', '{}', 'test', 'rita')`.execute(db);
  await sql`insert into incident_subject (incident, digest, relation, state)
    values ('INC-1', ${sha256Digest('suspect')}, 'selected', 'released')`.execute(db);
  const kept = [
    await keep({ workflowId: `artifact/${artifact('live')}`, kind: 'artifactPipeline', days: 5000 }),
    await keep({ workflowId: `promotion/dev/${artifact('suspect')}`, kind: 'promotion', days: 5001 }),
    await keep({ workflowId: 'incident/INC-2', kind: 'incident', days: 5002 }),
    await keep({ workflowId: `quarantine/${sha256Digest('q')}`, kind: 'quarantine', days: 5003 }),
    await keep({ workflowId: 'key-rotation/r', kind: 'keyRotation', days: 5004 }),
  ];
  await keep({ workflowId: `artifact/${artifact('gone')}`, kind: 'artifactPipeline', days: 5005 });
  expect(await prune({ maximumBytes: 1 })).toEqual({ runs: 0, bodies: 1 });
  expect(await whole()).toEqual(kept);
});

test('beyond a size the oldest go first, and no more than must', async () => {
  const id = `promotion/dev/${artifact('a')}`;
  const runs = [];
  for (let days = 5; days > 0; days -= 1)
    runs.unshift(await keep({ workflowId: id, kind: 'promotion', days, size: 4096 }));
  const sizes = new Map((await list()).map(({ run, bytes }) => [run, bytes ?? 0]));
  const three = runs.slice(0, 3).reduce((sum, run) => sum + (sizes.get(run) ?? 0), 0);
  expect(await prune({ maximumBytes: three })).toEqual({ runs: 0, bodies: 2 });
  expect(await whole()).toEqual(runs.slice(0, 3));
});

test('many at once go in rounds, and a body that two runs share goes with the last of them', async () => {
  const { db } = own;
  const { digest } = await createPostgresBlobStore(db).put(gzipSync('{"events":[]}'), 'application/gzip');
  const book = createHistoryBook(db);
  for (const days of [500, 100])
    await book.keep(
      { runId: `r${days}`, workflowId: 'promotion/x', kind: 'promotion', status: 'COMPLETED', closedAt: daysAgo(days) },
      digest,
    );
  await sql`insert into workflow_history (run_id, workflow_id, kind, status, closed_at, history)
    select 'many-' || n, 'promotion/y', 'promotion', 'COMPLETED', ${daysAgo(500)}::timestamptz, ${digest}
    from generate_series(1, 1100) n`.execute(db);
  expect(await prune()).toEqual({ runs: 0, bodies: 1101 });
  expect(await blobs()).toEqual([digest]);
  expect(await prune({ maximumAge: 50 * 86_400 })).toEqual({ runs: 0, bodies: 1 });
  expect(await blobs()).toEqual([]);
});

test('listed by artifact, workflow, kind and end, page by page', async () => {
  const mine = await keep({ workflowId: `promotion/dev/${artifact('a')}`, kind: 'promotion', days: 1 });
  const other = await keep({
    workflowId: `artifact/${artifact('b')}`,
    kind: 'artifactPipeline',
    days: 2,
    status: 'FAILED',
  });
  const first = await listHistories(own.db, all, { limit: 1, after: undefined });
  expect(first.items.map(({ run }) => run)).toEqual([mine]);
  const second = await listHistories(own.db, all, { limit: 1, after: first.next });
  expect(second).toMatchObject({ items: [{ run: other }], next: undefined });
  const found = async (filter: Partial<typeof all> | Record<string, string>) =>
    (await listHistories(own.db, { ...all, ...filter }, { limit: 10, after: undefined })).items.map(({ run }) => run);
  expect(await found({ about: sha256Digest('a') })).toEqual([mine]);
  expect(await found({ workflowId: `artifact/${artifact('b')}` })).toEqual([other]);
  expect(await found({ kind: 'promotion' })).toEqual([mine]);
  expect(await found({ status: 'FAILED' })).toEqual([other]);
  expect(await readHistory(own.db, 'nobody')).toBeUndefined();
});

test('where an export by a clock that was ahead left off, the next one looks at all that Temporal remembers', async () => {
  const closed: ClosedRun[] = [];
  const close = (runId: string) =>
    closed.push({
      ...{ runId, workflowId: 'promotion/x', kind: 'promotion', status: 'COMPLETED' },
      closedAt: new Date(Date.now() - 60_000),
    });
  const exportAll = () =>
    inActivity(() =>
      createExportHistoriesActivities({
        source: {
          retentionSeconds: async () => 86_400,
          async *closedBetween(from, to) {
            yield* closed.filter(({ closedAt }) => closedAt >= from && closedAt <= to);
          },
          history: async () => gzipSync('{"events":[]}'),
        },
        book: createHistoryBook(own.db),
        blobs: createPostgresBlobStore(own.db),
        retention: { maximumAge: 400 * 86_400, maximumBytes: undefined },
      }).exportHistories(),
    );
  close('before');
  expect(await exportAll()).toMatchObject({ exported: 1 });
  await sql`update history_export set through = now() + interval '3 days'`.execute(own.db);
  close('afterwards');
  expect(await exportAll()).toMatchObject({ exported: 1 });
  expect((await list()).map(({ run }) => run).toSorted()).toEqual(['afterwards', 'before']);
  const { rows } = await sql<{ past: boolean }>`select through <= now() as past from history_export`.execute(own.db);
  expect(rows).toEqual([{ past: true }]);
});
