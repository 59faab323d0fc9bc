/** Who may take a promotion back, and have what failed tried again at once, over HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { readTimeline } from '../../../adapters/postgres/read-timeline.ts';
import { type Role, roles } from '../../../domain/identity/role.ts';
import { digestOf, policyText } from '../postgres/harbour.ts';
import { type GatewayFixture, startGateway } from './gateway-fixture.ts';

let gateway: GatewayFixture;
const tokens = {} as Record<Role, string>;
beforeAll(async () => {
  gateway = await startGateway();
  for (const role of roles) tokens[role] = await gateway.token(role);
});
afterAll(() => gateway.close());

const post = async (path: string, role: Role, payload: object) => {
  const url = `/api/v1${path}`;
  const headers = { authorization: `Bearer ${tokens[role]}` };
  const response = await gateway.app.inject({ method: 'POST', url, headers, payload });
  return [response.statusCode, response.json()];
};
const key = { repository: 'shop/web', digest: digestOf('web') };
const waiting = { activity: 'attestArtifact', attempt: 3, lastFailure: 'away', nextTryAt: '2026-11-30T05:00:00.000Z' };
const promotion = `promotion/prod/shop/web@${key.digest}`;

test('who answers incidents and who runs it take a promotion back, with a reason and their name', async () => {
  const order = { promotion, reason: 'the wrong build' };
  for (const role of ['viewer', 'approver', 'admin'] as const)
    expect((await post('/promotions/cancel', role, order))[0]).toBe(403);
  expect((await post('/promotions/cancel', 'operator', { promotion }))[0]).toBe(400);
  for (const role of ['operator', 'responder'] as const) {
    expect(await post('/promotions/cancel', role, order)).toEqual([200, { outcome: 'cancelled', promotion }]);
    expect(gateway.calls.at(-1)).toEqual({
      port: 'promotions.cancel',
      request: { environment: 'prod', key, reason: 'the wrong build', actor: `${role}@test` },
    });
  }
  gateway.answers.set('promotions.cancel', { outcome: 'refused', reason: 'the promotion is live' });
  expect(await post('/promotions/cancel', 'operator', order)).toMatchObject([409, { error: { code: 'REFUSED' } }]);
});

test('who runs it has a step that failed tried now; where none waits, that is said', async () => {
  expect((await post('/promotions/retry', 'responder', { promotion }))[0]).toBe(403);
  expect((await post('/promotions/retry', 'operator', { promotion }))[0]).toBe(409);
  gateway.answers.set('workflows.describe', { status: 'RUNNING', pending: [waiting] });
  expect(await post('/promotions/retry', 'operator', { promotion })).toEqual([200, { outcome: 'retried' }]);
  expect(gateway.calls.at(-1)).toEqual({ port: 'workflows.retry', request: promotion });
  gateway.answers.set('workflows.retry', false);
  expect(await post('/promotions/retry', 'operator', { promotion })).toMatchObject([
    ...[409, { error: { message: expect.stringContaining('no step of it waits') } }],
  ]);
  expect((await post('/artifact/retry', 'operator', { ref: 'shop/nobody:1' }))[0]).toBe(404);
});

test('who had a step tried now is on record with the artifact', async () => {
  const retried = { repository: 'shop/retried', digest: digestOf('retried') };
  await gateway.db
    .insertInto('artifact')
    .values({ ...retried, media_type: null, size: null, kind: 'image', outcome: null, generation: 1 })
    .execute();
  const subject = `shop/retried@${retried.digest}`;
  gateway.answers.set('workflows.describe', { status: 'RUNNING', pending: [waiting] });
  gateway.answers.set('workflows.retry', true);
  expect((await post('/artifact/retry', 'operator', { ref: subject }))[0]).toBe(200);
  expect((await post('/promotions/retry', 'operator', { promotion: `promotion/prod/${subject}` }))[0]).toBe(200);
  const { items } = await readTimeline(gateway.db, retried, { limit: 10, after: undefined });
  const event = { type: 'step.retry-requested', actor: 'operator@test' };
  expect(items).toMatchObject([
    { ...event, data: { step: 'attestArtifact', attempt: 3 } },
    { ...event, data: { environment: 'prod', step: 'attestArtifact', attempt: 3 } },
  ]);
});

test('a rollback of what was asked for without is refused: it would go live as no rollback', async () => {
  const order = { ref: `shop/web@${key.digest}`, environment: 'prod', rollback: true };
  await createPolicyStore(gateway.db).activate(policyText(1), 'policy.yaml', 'test');
  await gateway.db
    .insertInto('artifact')
    .values({ ...key, media_type: null, size: null, kind: 'image', outcome: null, generation: 1 })
    .execute();
  const row = { ...key, environment: 'prod', generation: 1, build_order: 1, requested_by: 'system', tag: '1.0' };
  await gateway.db
    .insertInto('promotion')
    .values({ ...row, state: 'waiting', verdict: null, decision_digest: null, lease_expires_at: null, trace: null })
    .execute();
  gateway.answers.set('promotions.request', { outcome: 'already-open', promotion, generation: 1 });
  const refused = await post('/promotions', 'operator', order);
  expect(refused).toMatchObject([409, { error: { hint: expect.stringContaining('cancel') as string } }]);
  expect((await post('/promotions', 'operator', { ...order, rollback: false }))[0]).toBe(202);
  await gateway.db.updateTable('promotion').set({ rollback: true }).execute();
  expect((await post('/promotions', 'operator', order))[0]).toBe(202);
});
