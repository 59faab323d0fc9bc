/** Who may bring and withdraw reports of other scanners, over HTTP; what is refused leaves nothing behind. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Role } from '../../../domain/identity/role.ts';
import { createHarbour, digestOf } from '../postgres/harbour.ts';
import { type GatewayFixture, startGateway } from './gateway-fixture.ts';

const key = { repository: 'shop/web', digest: digestOf('shop/web') };
const ref = `${key.repository}@${key.digest}`;
let gateway: GatewayFixture;
const tokens = {} as Record<Role, string>;
beforeAll(async () => {
  gateway = await startGateway();
  for (const role of ['viewer', 'approver', 'responder', 'operator', 'admin'] as const)
    tokens[role] = await gateway.token(role);
  await createHarbour(gateway.db).push(key);
});
afterAll(() => gateway.close());

const call = (method: 'GET' | 'POST', path: string, role: Role, body?: string) =>
  gateway.app.inject({
    ...{ method, url: `/api/v1${path}` },
    headers: {
      authorization: `Bearer ${tokens[role]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: body }),
  });
const query = `ref=${encodeURIComponent(ref)}`;
const report = (digest: string) =>
  JSON.stringify({
    matches: [
      {
        vulnerability: { id: 'CVE-2026-1', severity: 'High' },
        artifact: { name: 'a', version: '1', purl: 'pkg:npm/a@1' },
      },
    ],
    ...{ source: { type: 'image', target: { manifestDigest: digest } }, descriptor: { name: 'grype', version: '1' } },
  });
const add = (role: Role, text = report(key.digest)) =>
  call('POST', `/scanner-reports?${query}&source=a.json`, role, text);
const listed = async () =>
  (await call('GET', `/scanner-reports?${query}`, 'viewer')).json<{ items: { digest: string }[] }>().items;

test.each(['viewer', 'approver', 'admin'] as const)('a %s brings none', async (role) => {
  expect((await add(role)).statusCode).toBe(403);
  expect(await listed()).toEqual([]);
});

test.each<[what: string, text: string, status: number, code: string]>([
  ['another image', report(digestOf('another')), 409, 'REPORT_OTHER_ARTIFACT'],
  ['no report', '{}', 400, 'REPORT_UNKNOWN_FORMAT'],
  ['no JSON', 'a', 400, 'REPORT_NOT_JSON'],
])('%s is refused', async (_, text, status, code) => {
  const answer = await add('operator', text);
  expect([answer.statusCode, answer.json<{ error: { code: string } }>().error.code]).toEqual([status, code]);
  expect(await listed()).toEqual([]);
});

test('an operator brings one, everybody sees it, and only an approver withdraws it', async () => {
  const added = await add('operator');
  expect(added.json()).toMatchObject({ scanner: 'grype', findings: 1, about: key.digest, isNew: true });
  const { digest } = added.json<{ digest: string }>();
  expect((await add('responder')).json()).toMatchObject({ digest, isNew: false });
  expect(await listed()).toMatchObject([{ digest, submittedBy: 'operator@test', source: 'a.json', onlyTheirs: 1 }]);
  const detail = await call('GET', `/artifact?${query}`, 'viewer');
  expect(detail.json()).toMatchObject({
    reports: [{ digest, theirs: [{ advisory: 'CVE-2026-1', purl: 'pkg:npm/a@1' }] }],
  });
  const withdraw = (role: Role, of = digest) =>
    call('POST', '/scanner-reports/withdraw', role, JSON.stringify({ ref, digest: of, reason: 'of a wrong database' }));
  for (const role of ['viewer', 'operator', 'responder', 'admin'] as const)
    expect((await withdraw(role)).statusCode).toBe(403);
  expect((await withdraw('approver', digestOf('none'))).statusCode).toBe(404);
  expect((await withdraw('approver')).json()).toMatchObject({
    items: [{ digest, withdrawn: { by: 'approver@test', reason: 'of a wrong database' } }],
  });
});

test('of an artifact that was never seen there is none', async () => {
  const answer = await call('GET', `/scanner-reports?ref=${digestOf('unseen')}`, 'viewer');
  expect(answer.statusCode).toBe(404);
});
