/** `approve --ssh-key`: what is signed is what was shown, by the real ssh-keygen, and what is sent verifies. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { verifySshSignature } from '../../../../adapters/ssh/verify-ssh-signature.ts';
import { approvalNamespace, parseApprovalText } from '../../../../domain/identity/approval-claim.ts';
import type { GivenProof } from '../../../../domain/identity/approval-proof.ts';
import { openSshWorkshop } from '../../../fixtures/ssh-signer.ts';
import { type AnsweringGateway, startAnsweringGateway } from './answering-gateway.ts';
import { digestOf, promotion } from './recorded-answers.ts';
import { NOW, runCommand } from './run-command.ts';

const workshop = openSshWorkshop();
const alice = workshop.key('alice');
let folder: string;
let gateway: AnsweringGateway;
beforeAll(async () => {
  gateway = await startAnsweringGateway();
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-prove-'));
});
afterEach(() => {
  expect(gateway.breaches).toEqual([]);
});
afterAll(async () => {
  workshop.close();
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
});

const waiting = promotion({ decisionDigest: digestOf('d') });
const answers = {
  'GET /promotion': { body: waiting },
  'GET /identity': { body: { subject: 'alice', role: 'approver', groups: [] } },
  'POST /promotions/approve': { body: { outcome: 'counted', state: 'satisfied', reason: 'approved by alice' } },
};
const run = (...flags: string[]) =>
  runCommand(['approve', waiting.id, '--reason', ' tested on staging ', ...flags], {
    env: { PRATIQUE_URL: gateway.url, PRATIQUE_TOKEN: 'prq_test' },
    cwd: folder,
  });
const sent = () =>
  gateway.asked.find(({ call }) => call === 'POST /promotions/approve')?.body as
    | { decision: string; reason: string; proof?: GivenProof }
    | undefined;
const claim = {
  ...{ verb: 'approve', about: waiting.id, decision: digestOf('d'), by: 'alice', reason: 'tested on staging' },
  at: NOW,
};

it('signs the promotion, the decision that was shown, who, why and when', async () => {
  gateway.answer(answers);
  expect((await run('--ssh-key', alice.file)).code).toBe(0);
  const { statement = '', signature = '' } = sent()?.proof ?? {};
  expect(parseApprovalText(statement)).toEqual(claim);
  expect(sent()).toMatchObject({ decision: claim.decision, reason: claim.reason });
  const key = verifySshSignature(signature, new TextEncoder().encode(statement), approvalNamespace);
  expect(key.fingerprint).toBe(alice.fingerprint);
});

it('writes the statement down for whoever signs elsewhere, and sends it with what they made', async () => {
  gateway.answer(answers);
  const written = await run('--write-statement', 'claim.txt');
  expect(written).toMatchObject({
    code: 4,
    stdout: '',
    stderr: expect.stringMatching(/-n approval@pratique.dev .* claim.txt/),
  });
  expect(sent()).toBeUndefined();
  const statement = await readFile(path.join(folder, 'claim.txt'), 'utf8');
  expect(parseApprovalText(statement)).toEqual(claim);
  await writeFile(path.join(folder, 'claim.txt.sig'), alice.sign(statement, approvalNamespace));
  expect((await run('--statement', 'claim.txt', '--signature', 'claim.txt.sig')).code).toBe(0);
  expect(sent()?.proof).toEqual({ statement, signature: readFileSync(path.join(folder, 'claim.txt.sig'), 'utf8') });
  gateway.answer(answers);
  expect((await run('--statement', 'claim.txt', '--identity-token', 'aaa.bbb.ccc')).code).toBe(0);
  expect(sent()?.proof).toEqual({ statement, identityToken: 'aaa.bbb.ccc' });
});

it.each([
  ['two proofs', ['--ssh-key', 'k', '--identity-token', 't', '--statement', 's'], 'PROOF_USAGE'],
  ['a token without a statement', ['--identity-token', 'a.b.c'], 'PROOF_USAGE'],
  ['a statement alone', ['--statement', 's'], 'PROOF_USAGE'],
  ['writing and proving', ['--write-statement', 'x', '--ssh-key', 'k'], 'PROOF_USAGE'],
  ['a key that is not there', ['--ssh-key', 'nobody.ssh'], 'SSH_KEY_UNUSABLE'],
])('%s: refused before anything is decided', async (_, flags, code) => {
  gateway.answer(answers);
  const ran = await run(...flags, '--json');
  expect(ran.code).toBe(2);
  expect(JSON.parse(ran.stdout || ran.stderr)).toMatchObject({ error: { code } });
  expect(sent()).toBeUndefined();
});

it('signs a word on a policy: the proposal, and the digest of its file', async () => {
  const id = '6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11';
  const proposal = {
    ...{
      id,
      version: 8,
      digest: digestOf('e'),
      fileName: 'policy.yaml',
      text: 'x',
      proposedBy: 'root',
      proposedAt: NOW,
    },
    ...{ state: 'waiting', reason: '', decisions: [] },
  };
  gateway.answer({
    ...answers,
    'GET /policies/proposals': { body: { items: [proposal] } },
    [`POST /policies/proposals/${id}/approve`]: { body: { outcome: 'counted', reason: 'waits for 1 more approval' } },
  });
  const ran = await runCommand(['policy', 'approve', id, '--reason', ' read it ', '--ssh-key', alice.file], {
    env: { PRATIQUE_URL: gateway.url, PRATIQUE_TOKEN: 'prq_test' },
    cwd: folder,
  });
  expect(ran.code).toBe(4);
  const body = gateway.asked.find(({ call }) => call === `POST /policies/proposals/${id}/approve`)?.body;
  const { proof, reason } = body as { proof: GivenProof; reason: string };
  expect(reason).toBe('read it');
  expect(parseApprovalText(proof.statement)).toEqual({
    ...claim,
    ...{ about: `policy-proposal/${id}`, decision: digestOf('e'), reason },
  });
});

it('without a proof, where one is wanted, says what to run', async () => {
  const hint = 'pratique approve prod/shop/web@sha256:… --reason TEXT --ssh-key FILE';
  const refused = { error: { code: 'PROOF_REQUIRED', message: 'prod takes approvals with a proof', hint } };
  gateway.answer({ ...answers, 'POST /promotions/approve': { status: 409, body: refused } });
  const ran = await run();
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('--ssh-key FILE') });
});
