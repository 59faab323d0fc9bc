import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresBlobStore } from '../../../adapters/postgres/blob-store.ts';
import { createHistoryBook } from '../../../adapters/postgres/history-book.ts';
import type { Role } from '../../../domain/identity/role.ts';
import { type GatewayFixture, startGateway } from './gateway-fixture.ts';

const RUN = '01a1fce1-cb97-7073-b32f-74e2dc366a3f';
const recorded = readFileSync(new URL('../../replay/histories/promotion-approved.json', import.meta.url), 'utf8');

let gateway: GatewayFixture;
beforeAll(async () => {
  gateway = await startGateway();
  const { digest } = await createPostgresBlobStore(gateway.db).put(gzipSync(recorded), 'application/gzip');
  const run = { workflowId: 'promotion/dev/shop@sha256:1', kind: 'promotion', status: 'COMPLETED' };
  const book = createHistoryBook(gateway.db);
  await book.keep({ runId: RUN, ...run, closedAt: new Date('2026-01-02T00:00:00Z') }, digest);
  await book.keep({ runId: 'older', ...run, closedAt: new Date('2026-01-01T00:00:00Z') }, digest);
  await book.prune({ maximumAge: 86_400, maximumBytes: undefined }, new Date('2026-01-02T12:00:00Z'), () => undefined);
});
afterAll(() => gateway.close());

const get = async (path: string, role: Role) => {
  const token = await gateway.token(role);
  return gateway.app.inject({ url: `/api/v1${path}`, headers: { authorization: `Bearer ${token}` } });
};

test('any role lists them and reads what a run did', async () => {
  const listed = await get('/histories?kind=promotion', 'viewer');
  expect(listed.json()).toMatchObject({
    items: [
      { run: RUN, status: 'COMPLETED', prunedAt: null },
      { run: 'older', bytes: null },
    ],
  });
  const one = await get(`/histories/${RUN}`, 'viewer');
  const { run, events } = one.json<{ run: string; events: object[] }>();
  expect(run).toBe(RUN);
  expect(events[0]).toMatchObject({ id: 1, type: 'WorkflowExecutionStarted', says: 'promotion on control' });
  expect(one.body).not.toMatch(/payloads|"data"/);
});

test('in full, with what people typed, only those who read what came in', async () => {
  expect((await get(`/histories/${RUN}/document`, 'viewer')).statusCode).toBe(403);
  const document = await get(`/histories/${RUN}/document`, 'operator');
  expect(document.json()).toEqual(JSON.parse(recorded));
});

test('one that is not kept any more has no events, and says since when', async () => {
  expect((await get('/histories/older', 'viewer')).json()).toMatchObject({ events: [], bytes: null });
  const document = await get('/histories/older/document', 'operator');
  expect(document.statusCode).toBe(404);
  expect(document.json()).toMatchObject({
    error: { code: 'NOT_FOUND', message: expect.stringMatching(/was kept until .*digest was sha256:/) as string },
  });
});

test.each([
  ['/histories/nobody', 404],
  ['/histories?cursor=x', 400],
  ['/histories?ref=shop/none:1', 404],
])('%s: %i', async (path, status) => {
  expect((await get(path, 'viewer')).statusCode).toBe(status);
});
