/** Who may decide about findings, over HTTP; what is refused leaves nothing behind. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Role } from '../../../domain/identity/role.ts';
import { policyText } from '../postgres/harbour.ts';
import { type GatewayFixture, startGateway } from './gateway-fixture.ts';

let gateway: GatewayFixture;
const tokens = {} as Record<Role, string>;
beforeAll(async () => {
  gateway = await startGateway();
  for (const role of ['viewer', 'approver', 'responder', 'operator', 'admin'] as const)
    tokens[role] = await gateway.token(role);
  await gateway.app.inject({
    ...{ method: 'POST', url: '/api/v1/policies', payload: policyText(1) },
    headers: { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/yaml' },
  });
});
afterAll(() => gateway.close());

const call = (method: 'GET' | 'POST', path: string, role: Role, body?: object | string) =>
  gateway.app.inject({
    ...{ method, url: `/api/v1${path}` },
    headers: {
      authorization: `Bearer ${tokens[role]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
const decision = {
  ...{ advisory: 'cve-2021-23337', state: 'not_affected', justification: 'component_not_present', reason: 'not there' },
  ...{ component: 'pkg:npm/lodash@<4.17.21', environment: 'dev' },
};
const listed = async () => (await call('GET', '/decisions?ended=true', 'viewer')).json<{ items: { id: string }[] }>();
const document = JSON.stringify({
  ...{ '@context': 'https://openvex.dev/ns/v0.2.0', author: 'Vendor', timestamp: '2026-01-01T00:00:00Z' },
  statements: [
    { vulnerability: { name: 'CVE-2021-44228' }, products: [{ '@id': 'pkg:npm/a' }], status: 'under_investigation' },
  ],
});

test.each(['viewer', 'responder', 'operator', 'admin'] as const)('a %s decides nothing', async (role) => {
  expect((await call('POST', '/decisions', role, decision)).statusCode).toBe(403);
  expect((await call('POST', '/decisions/documents', role, document)).statusCode).toBe(403);
  expect((await listed()).items).toEqual([]);
});

test('an approver decides, everybody sees it, and a responder takes it back', async () => {
  const made = await call('POST', '/decisions', 'approver', decision);
  expect(made.statusCode).toBe(201);
  const { id } = made.json<{ id: string }>();
  expect(made.json()).toMatchObject({
    ...{ id, advisories: ['CVE-2021-23337'], owner: 'approver@test', madeBy: 'approver@test', role: 'approver' },
    scope: { component: 'pkg:npm/lodash@<4.17.21', environment: 'dev' },
  });
  expect((await call('GET', '/decisions?advisory=CVE-2021-23337', 'viewer')).json()).toMatchObject({ items: [{ id }] });
  expect((await call('GET', `/decisions/${id}`, 'viewer')).json()).toEqual(made.json());
  for (const role of ['viewer', 'operator'] as const)
    expect((await call('POST', `/decisions/${id}/revoke`, role, { reason: 'x' })).statusCode).toBe(403);
  const revoked = await call('POST', `/decisions/${id}/revoke`, 'responder', { reason: 'it is there' });
  expect(revoked.json()).toMatchObject({ id, revoked: { by: 'responder@test', reason: 'it is there' } });
  expect((await call('GET', '/decisions', 'viewer')).json()).toMatchObject({ items: [] });
});

test('lists come a page at a time, newest first', async () => {
  for (let index = 0; index < 3; index += 1) await call('POST', '/decisions', 'approver', decision);
  const first = (await call('GET', '/decisions?limit=2', 'viewer')).json<{ items: { id: string }[]; next: string }>();
  const second = (await call('GET', `/decisions?limit=2&cursor=${first.next}`, 'viewer')).json<typeof first>();
  expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(3);
  expect(second.next).toBeNull();
});

test('a document is taken as it is, once for each place', async () => {
  const brought = await call('POST', '/decisions/documents?source=vendor.json&artifact=shop/**', 'approver', document);
  expect(brought.json()).toMatchObject({ format: 'openvex', statements: 1, isNew: true });
  const { decisions } = brought.json<{ decisions: string[] }>();
  const bring = async (query: string) =>
    (await call('POST', `/decisions/documents${query}`, 'approver', document)).json();
  expect(await bring('?artifact=shop/**')).toMatchObject({ isNew: false, decisions, others: [] });
  expect(await bring('?artifact=pay/**')).toMatchObject({ isNew: true, others: decisions });
});

test.each<[what: string, path: string, body: object | string, status: number, code: string]>([
  [
    'an accepted risk without an end',
    '/decisions',
    { ...decision, state: 'accepted_risk', justification: undefined },
    400,
    'DECISION_INVALID',
  ],
  ['one without a reason', '/decisions', { ...decision, reason: '' }, 400, 'INVALID_REQUEST'],
  ['a state that is none', '/decisions', { ...decision, state: 'fine' }, 400, 'INVALID_REQUEST'],
  ['a document that is none', '/decisions/documents', '{"a":1}', 400, 'VEX_UNKNOWN_FORMAT'],
  ['a document that is no JSON', '/decisions/documents', 'a', 400, 'VEX_NOT_JSON'],
  ['a document for no environment', '/decisions/documents?environment=prd', document, 400, 'DECISION_INVALID'],
])('%s is refused', async (_, path, body, status, code) => {
  const answer = await call('POST', path, 'approver', body);
  expect([answer.statusCode, answer.json<{ error: { code: string } }>().error.code]).toEqual([status, code]);
});

test('a decision that does not exist is not found', async () => {
  const none = '/decisions/6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11';
  expect((await call('GET', none, 'viewer')).statusCode).toBe(404);
  expect((await call('POST', `${none}/revoke`, 'approver', { reason: 'x' })).statusCode).toBe(404);
});
