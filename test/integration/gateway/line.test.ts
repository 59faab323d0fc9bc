/** Who may stop the line and let it go on, over HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Role, roles } from '../../../domain/identity/role.ts';
import { policyText } from '../postgres/harbour.ts';
import { type GatewayFixture, startGateway } from './gateway-fixture.ts';

let gateway: GatewayFixture;
const tokens = {} as Record<Role, string>;
beforeAll(async () => {
  gateway = await startGateway();
  for (const role of roles) tokens[role] = await gateway.token(role);
  await gateway.app.inject({
    ...{ method: 'POST', url: '/api/v1/policies', payload: policyText(1) },
    headers: { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/yaml' },
  });
});
afterAll(() => gateway.close());

const call = (method: 'GET' | 'POST', path: string, role: Role, payload?: object) =>
  gateway.app.inject({
    ...{ method, url: `/api/v1${path}`, headers: { authorization: `Bearer ${tokens[role]}` } },
    ...(payload === undefined ? {} : { payload }),
  });

test('who runs it, and who answers incidents, stop it; who runs it lets it go on', async () => {
  const order = { environment: 'prod', reason: 'checkout is down' };
  for (const role of ['viewer', 'approver'] as const)
    expect((await call('POST', '/line-stops', role, order)).statusCode).toBe(403);
  const stopped = await call('POST', '/line-stops', 'responder', order);
  expect(stopped.json()).toMatchObject({ ...order, stoppedBy: 'responder@test' });
  for (const role of ['viewer', 'approver', 'responder'] as const)
    expect((await call('POST', '/line-stops/resume', role, order)).statusCode).toBe(403);

  expect((await call('GET', '/line-stops', 'viewer')).json()).toEqual({ items: [stopped.json()] });
  expect((await call('GET', '/status', 'viewer')).json()).toMatchObject({ lineStops: [stopped.json()] });

  const resumed = await call('POST', '/line-stops/resume', 'operator', { environment: 'prod', reason: 'it is back' });
  expect(resumed.json()).toMatchObject({ resumed: { by: 'operator@test', reason: 'it is back' } });
  expect((await call('GET', '/line-stops', 'viewer')).json()).toEqual({ items: [] });
  expect((await call('GET', '/line-stops?ended=true', 'viewer')).json()).toEqual({ items: [resumed.json()] });
});

test('an environment the policy does not have, or a line nobody stopped, is an error that says where', async () => {
  const unknown = await call('POST', '/line-stops', 'operator', { environment: 'moon', reason: 'x' });
  expect([unknown.statusCode, unknown.json()]).toMatchObject([404, { error: { place: 'environment' } }]);
  const idle = await call('POST', '/line-stops/resume', 'operator', { environment: 'dev', reason: 'x' });
  expect([idle.statusCode, idle.json()]).toMatchObject([404, { error: { message: 'the line of dev is not stopped' } }]);
  expect((await call('POST', '/line-stops', 'operator', { environment: 'dev' })).statusCode).toBe(400);
});
