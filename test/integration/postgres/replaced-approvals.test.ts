/** What somebody said before they decided again about the same decision. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPromotion } from '../../../adapters/postgres/read-promotions.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { ProofReference } from '../../../domain/identity/approval-proof.ts';
import type { PromotionKey } from '../../../domain/promotion/promotion-book.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  const approvals = ', approvals: { required: 2, notCommitter: false }';
  await harbour.policies.activate(policyText(1, { prod: approvals }), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

const proofOf = (name: string): ProofReference => ({
  ...{ kind: 'ssh', digest: digestOf(`proof ${name}`), by: 'SHA256:ann' },
  at: new Date().toISOString(),
});
const decide = (key: PromotionKey, verb: 'approve' | 'reject', reason: string, proof?: ProofReference) =>
  harbour.promotions.decide(key, { verb, reason, decider: { principal: 'ann', groups: [] }, proof });
const waiting = (name: string) => harbour.waitingForProd({ repository: 'shop', digest: digestOf(name) });
const approvalsOf = async (key: PromotionKey) => (await readPromotion(own.db, 'prod', key))?.approvals;

async function askAgain(key: PromotionKey, by: string): Promise<PromotionKey> {
  const row = { tag: null, build_order: 1, rollback: false, requested_by: by, trace: null };
  const [again] = await harbour.request({ environment: 'prod', key, row });
  return again!.key;
}

async function inAndOut(digest: Digest): Promise<string> {
  const selector = { kind: 'digest', value: digest } as const;
  const { id } = await harbour.incidents.open({ selector, reason: 'suspected', actor: 'rita' });
  const asked = await harbour.incidents.requestRelease({ digest, reason: 'clean', actor: 'olga' });
  const request = asked.outcome === 'waiting' ? asked.request : '';
  await harbour.incidents.decideRelease({ request, verb: 'approve', reason: 'agreed', actor: 'ben' });
  return id;
}

test('an approval of before a quarantine stays with its proof where the same decision is approved after the release', async () => {
  const key = await waiting('comes back');
  await decide(key, 'approve', 'tested', proofOf('of before'));
  const incident = await inAndOut(key.digest);
  await decide(await askAgain(key, 'system'), 'approve', 'tested again', proofOf('of after'));
  expect(await approvalsOf(key)).toMatchObject([
    {
      ...{ reason: 'tested', current: false, past: `given before incident ${incident}` },
      proof: { digest: digestOf('proof of before') },
    },
    { reason: 'tested again', current: true, past: null, proof: { digest: digestOf('proof of after') } },
  ]);
});

test('a rejection stays on record where whoever gave it approves later, and counts no more', async () => {
  const key = await waiting('thought over');
  await decide(key, 'reject', 'not today');
  const again = await askAgain(key, 'ops');
  expect(await decide(again, 'approve', 'today')).toMatchObject({ outcome: 'counted', state: 'waiting' });
  expect(await approvalsOf(key)).toMatchObject([
    { verb: 'reject', reason: 'not today', current: false, past: 'they decided again later' },
    { verb: 'approve', reason: 'today', current: true, past: null },
  ]);
});

test('one of another decision says so', async () => {
  const key = await waiting('judged again');
  await decide(key, 'approve', 'tested');
  await harbour.judge(key, 'prod', { decision: 'one finding more' });
  expect(await approvalsOf(key)).toMatchObject([{ current: false, past: 'of another decision' }]);
});
