/** Proofs of approvers as the API takes them: verified before anything is decided, refused each with its own code. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approvalNamespace, approvalText } from '../../../domain/identity/approval-claim.ts';
import { parsePromotionId } from '../../../services/gateway/routes/promotion-id.ts';
import { openSshWorkshop } from '../../fixtures/ssh-signer.ts';
import { policyText } from '../postgres/harbour.ts';
import { type GatewayFixture, startGateway } from './gateway-fixture.ts';

const workshop = openSshWorkshop();
const [ann, ben] = [workshop.key('ann'), workshop.key('ben')];
let gateway: GatewayFixture;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  gateway = await startGateway();
  tokens.admin = await gateway.token('admin', { subject: 'root' });
  tokens.ann = await gateway.token('approver', { subject: 'ann', groups: ['release'] });
  tokens.ben = await gateway.token('approver', { subject: 'ben' });
  for (const [name, key] of Object.entries({ ann, ben })) {
    const joined = await post('/principals', 'admin', { principal: name, kind: 'ssh-key', value: key.publicKey });
    expect(joined.json()).toEqual({ outcome: 'joined' });
  }
});
afterAll(async () => {
  workshop.close();
  await gateway.close();
});

const call = (method: 'GET' | 'POST', path: string, who: string, body?: object) =>
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

const about = `promotion/prod/team/app@${newDigest()}`;
const decision = newDigest();
const request = (proof?: object) => ({ promotion: about, reason: 'reviewed', decision, ...(proof ? { proof } : {}) });
function proven(key = ann, changes: { by?: string; reason?: string; at?: string } = {}) {
  const claim = {
    verb: 'approve',
    about,
    decision,
    by: 'ann',
    reason: 'reviewed',
    at: new Date().toISOString(),
  } as const;
  const statement = approvalText({ ...claim, ...changes } as Parameters<typeof approvalText>[0]);
  return { statement, signature: key.sign(statement, approvalNamespace) };
}
const decided = () => gateway.calls.filter(({ port }) => port === 'promotions.decide').length;

describe('an approval with a proof', () => {
  test('is passed on with whose it was found to be; the proof is kept in its place', async () => {
    const answer = await post('/promotions/approve', 'ann', request(proven()));
    expect(answer.statusCode).toBe(200);
    const digest = expect.stringMatching(/^sha256:/);
    expect(gateway.calls.at(-1)?.request).toMatchObject({ proof: { kind: 'ssh', by: ann.fingerprint, digest } });
    const kept = await gateway.db
      .selectFrom('blob')
      .select('digest')
      .where('media_type', '=', 'application/vnd.pratique.approval-proof.v1+json')
      .execute();
    expect(kept).toHaveLength(1);
  });

  test.each([
    ['by the key of another', () => proven(ben), 409, 'PROOF_NOT_THEIRS'],
    ['made by another', () => proven(ben, { by: 'ben' }), 409, 'PROOF_OF_ANOTHER'],
    ['of another reason', () => proven(ann, { reason: 'not reviewed' }), 409, 'PROOF_OF_ANOTHER'],
    ['of yesterday', () => proven(ann, { at: '2026-01-01T00:00:00.000Z' }), 409, 'PROOF_OUT_OF_TIME'],
    ['that is altered', () => ({ ...proven(), signature: ben.sign('x', approvalNamespace) }), 409, 'PROOF_INVALID'],
    ['of nothing', () => ({ statement: 'I agree' }), 400, 'PROOF_UNREADABLE'],
    ['with more in it', () => ({ ...proven(), key: 'mine' }), 400, 'INVALID_REQUEST'],
  ])('%s is refused, and nothing is decided', async (_, proof, status, code) => {
    const before = decided();
    const answer = await post('/promotions/approve', 'ann', request(proof()));
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error: { code } });
    expect(decided()).toBe(before);
  });

  test('is asked for where the policy wants it, with the command that brings it', async () => {
    gateway.answers.set('promotions.decide', { outcome: 'unproven', reason: 'prod takes approvals with a proof' });
    const answer = await post('/promotions/approve', 'ann', request());
    const { environment, key } = parsePromotionId(about);
    await gateway.db
      .insertInto('promotion')
      .values({
        ...{ environment, ...key, generation: 1, build_order: 1, requested_by: 'system', state: 'live' },
        ...{ verdict: null, decision_digest: null, lease_expires_at: null, trace: null, tag: null },
      })
      .execute();
    const late = await post('/promotions/approve', 'ann', request());
    expect(late.json()).toMatchObject({ error: { code: 'REFUSED', message: expect.stringContaining('is live') } });
    gateway.answers.set('incidents.decideRelease', { outcome: 'unproven', reason: 'a release takes a proof' });
    expect((await post('/releases/rel-nosuch/approve', 'ann', { reason: 'fine' })).statusCode).toBe(404);
    gateway.answers.delete('incidents.decideRelease');
    gateway.answers.delete('promotions.decide');
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({
      error: {
        code: 'PROOF_REQUIRED',
        place: 'proof',
        hint: expect.stringMatching(/^pratique approve prod\/.*--ssh-key FILE;/),
      },
    });
  });
});

describe('a word on a policy', () => {
  const policy = (version: number) =>
    policyText(version, { prod: ', production: true', rest: 'changes: { required: 2, groups: [release] }' });
  const apply = async (version: number) =>
    gateway.app.inject({
      ...{ method: 'POST', url: '/api/v1/policies', payload: policy(version) },
      headers: { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/yaml' },
    });

  test('is asked for a proof of its own where production enforces, of that proposal, and is shown with it', async () => {
    expect((await apply(1)).statusCode).toBe(200);
    const { proposal, digest } = (await apply(2)).json<{ proposal: string; digest: `sha256:${string}` }>();
    const path = `/policies/proposals/${proposal}/approve`;
    const bare = await post(path, 'ann', { reason: 'read it' });
    expect(bare.statusCode).toBe(409);
    expect(bare.json()).toMatchObject({
      error: { code: 'PROOF_REQUIRED', hint: expect.stringContaining(`pratique policy approve ${proposal}`) },
    });
    const proof = (changes: object = {}) => {
      const claim = { verb: 'approve', about: `policy-proposal/${proposal}`, decision: digest, by: 'ann' } as const;
      const said = { ...claim, reason: 'read it', at: new Date().toISOString(), ...changes };
      const statement = approvalText(said as Parameters<typeof approvalText>[0]);
      return { statement, signature: ann.sign(statement, approvalNamespace) };
    };
    const other = await post(path, 'ann', { reason: 'read it', proof: proof({ decision: newDigest() }) });
    expect(other.json()).toMatchObject({ error: { code: 'PROOF_OF_ANOTHER' } });
    const counted = await post(path, 'ann', { reason: 'read it', proof: proof() });
    expect(counted.json()).toMatchObject({ outcome: 'counted' });
    const { items } = (await call('GET', '/policies/proposals', 'ann')).json<{ items: object[] }>();
    expect(items[0]).toMatchObject({ decisions: [{ principal: 'ann', proof: { kind: 'ssh', by: ann.fingerprint } }] });
    const nobody = '00000000-0000-4000-8000-000000000000';
    const unknown = await post(`/policies/proposals/${nobody}/approve`, 'ann', { reason: 'read it', proof: proof() });
    expect(unknown.statusCode).toBe(404);
  });
});

test('a key is known by its fingerprint, whatever it was written as; one that is none is refused', async () => {
  const again = await post('/principals', 'admin', { principal: 'ann', kind: 'ssh-key', value: ann.fingerprint });
  expect(again.json()).toEqual({ outcome: 'unchanged' });
  const taken = await post('/principals', 'admin', { principal: 'ben', kind: 'ssh-key', value: ann.publicKey });
  expect(taken.json()).toMatchObject({ error: { code: 'REFUSED', message: expect.stringContaining("is ann's") } });
  for (const [kind, value] of [
    ['ssh-key', 'ssh-ed25519 AAAA'],
    ['ssh-key', 'SHA256:short'],
    ['oidc', 'alice'],
  ])
    expect((await post('/principals', 'admin', { principal: 'ann', kind, value })).statusCode).toBe(400);
});

test('a token says who it is', async () => {
  expect((await call('GET', '/identity', 'ann')).json()).toEqual({
    subject: 'ann',
    role: 'approver',
    groups: ['release'],
  });
});
