/** Passkeys at the API: everybody registers their own, an administrator says whose it is, and then it proves an approval, once. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestPasskey } from '../../fixtures/authenticator.ts';
import { type GatewayFixture, PAGES, startGateway } from './gateway-fixture.ts';

let gateway: GatewayFixture;
const tokens: Record<string, string> = {};
const [ann, ben, mallory] = [new TestPasskey(PAGES), new TestPasskey(PAGES), new TestPasskey(PAGES)];
beforeAll(async () => {
  gateway = await startGateway();
  tokens.admin = await gateway.token('admin', { subject: 'root' });
  for (const name of ['ann', 'ben', 'mallory']) tokens[name] = await gateway.token('approver', { subject: name });
  for (const [name, key] of Object.entries({ ann, ben, mallory })) await register(name, key);
  for (const [name, key] of Object.entries({ ann, ben }))
    expect((await join(name, key)).json()).toEqual({ outcome: 'joined' });
});
afterAll(() => gateway.close());

const call = (method: 'GET' | 'POST' | 'DELETE', path: string, who: string, body?: object) =>
  gateway.app.inject({
    ...{ method, url: `/api/v1${path}` },
    headers: {
      authorization: `Bearer ${tokens[who]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
const post = (path: string, who: string, body: object) => call('POST', path, who, body);
const newDigest = () => `sha256:${randomBytes(32).toString('hex')}` as const;
const join = (principal: string, { fingerprint }: TestPasskey) =>
  post('/principals', 'admin', { principal, kind: 'webauthn', value: fingerprint });

async function register(who: string, key: TestPasskey, changes: { readonly statement?: string } = {}) {
  const asked = await post('/passkeys/statement', who, { name: `${who}'s key` });
  expect(asked.json()).toMatchObject({ relyingParty: 'localhost', origin: PAGES.origin, user: who });
  const { statement } = { ...(asked.json() as { statement: string }), ...changes };
  return post('/passkeys', who, { statement, ...key.register(statement), transports: ['usb'] });
}

test('the page is found with a slash at the end of its address too', async () => {
  const answer = await gateway.app.inject({ url: '/approve/' });
  expect([answer.statusCode, answer.headers.location]).toEqual([302, '../approve']);
});

async function approve(who: string, key: TestPasskey, about = `promotion/prod/team/app@${newDigest()}`) {
  const [decision, reason] = [newDigest(), 'reviewed'];
  const asked = await post('/proof-statements', who, { verb: 'approve', about, decision, reason });
  const { statement, passkeys } = asked.json() as { statement: string; passkeys: { id: string }[] };
  const body = { promotion: about, reason, decision, proof: { statement, assertion: key.assert(statement) } };
  return { passkeys, body, answer: await post('/promotions/approve', who, body) };
}

describe('a registered passkey', () => {
  test('is listed to its owner, and to nobody else', async () => {
    const { items } = (await call('GET', '/passkeys', 'ann')).json() as { items: object[] };
    expect(items).toEqual([
      expect.objectContaining({
        ...{ id: ann.id, fingerprint: ann.fingerprint, name: "ann's key", counts: true },
        ...{ relyingParty: 'localhost', transports: ['usb'] },
      }),
    ]);
  });

  test('proves the approval of its owner, who is asked for no other', async () => {
    const { passkeys, answer, body } = await approve('ann', ann);
    expect(passkeys).toEqual([{ id: ann.id, transports: ['usb'] }]);
    expect(answer.json()).toMatchObject({ outcome: 'counted' });
    const proof = { kind: 'webauthn', by: ann.fingerprint, digest: expect.stringMatching(/^sha256:/) };
    expect(gateway.calls.at(-1)?.request).toMatchObject({ verb: 'approve', proof });
    const again = await post('/promotions/approve', 'ann', body);
    expect(again.json()).toMatchObject({
      error: { code: 'PROOF_INVALID', message: expect.stringMatching(/signed that already/) },
    });
  });

  test('of another proves nothing, whoever’s token it comes with', async () => {
    expect((await approve('ben', ann)).answer.json()).toMatchObject({ error: { code: 'PROOF_NOT_THEIRS' } });
    expect((await approve('ann', mallory)).answer.json()).toMatchObject({ error: { code: 'PROOF_NOT_THEIRS' } });
  });

  test('proves nothing until an administrator said whose it is, and is nobody’s but who registered it', async () => {
    const { passkeys, answer } = await approve('mallory', mallory);
    expect(passkeys).toEqual([]);
    expect(answer.json()).toMatchObject({ error: { code: 'PROOF_NOT_THEIRS' } });
    for (const [name, key] of [
      ['ann', mallory],
      ['ben', new TestPasskey(PAGES)],
    ] as const)
      expect((await join(name, key)).json()).toMatchObject({ error: { code: 'REFUSED' } });
    expect(
      (await post('/principals', 'mallory', { principal: 'mallory', kind: 'webauthn', value: mallory.fingerprint }))
        .statusCode,
    ).toBe(403);
  });

  test('is registered once, under one’s own name, in time', async () => {
    expect((await register('ann', ann)).json()).toMatchObject({ outcome: 'unchanged' });
    expect((await register('mallory', ann)).json()).toMatchObject({ error: { code: 'REFUSED' } });
    const of = (by: string, at: string) => `Pratique passkey, version 1\n${JSON.stringify({ by, name: 'x', at })}\n`;
    for (const [statement, code] of [
      [of('ann', new Date().toISOString()), 'PROOF_OF_ANOTHER'],
      [of('mallory', '2026-01-01T00:00:00.000Z'), 'PROOF_OUT_OF_TIME'],
      ['x', 'PROOF_OF_ANOTHER'],
    ] as const)
      expect((await register('mallory', new TestPasskey(PAGES), { statement })).json()).toMatchObject({
        error: { code },
      });
  });

  test('is forgotten by its owner alone, and proves nothing from then on', async () => {
    const lost = new TestPasskey(PAGES);
    await register('ann', lost);
    await join('ann', lost);
    expect((await approve('ann', lost)).answer.statusCode).toBe(200);
    expect((await call('DELETE', `/passkeys/${lost.id}`, 'ben')).statusCode).toBe(404);
    expect((await call('DELETE', `/passkeys/${lost.id}`, 'ann')).json()).toEqual({ id: lost.id });
    expect((await approve('ann', lost)).answer.json()).toMatchObject({ error: { code: 'PROOF_NOT_THEIRS' } });
    const { items } = (await call('GET', '/principals', 'admin')).json() as {
      items: { principal: string; aliases: object[] }[];
    };
    expect(items.find(({ principal }) => principal === 'ann')?.aliases).toEqual([
      { kind: 'webauthn', value: ann.fingerprint },
    ]);
  });
});

test('where a proof is wanted, the answer says at which address it is given', async () => {
  gateway.answers.set('promotions.decide', { outcome: 'unproven', reason: 'prod takes approvals with a proof' });
  const about = `promotion/prod/team/app@${newDigest()}`;
  const answer = await post('/promotions/approve', 'ann', { promotion: about, reason: 'x', decision: newDigest() });
  gateway.answers.delete('promotions.decide');
  expect(answer.json()).toMatchObject({
    error: {
      code: 'PROOF_REQUIRED',
      hint: expect.stringContaining(`with a passkey: http://localhost:8080/approve#${about}`),
    },
  });
});
