/** What is shown of approvals is what is evaluated, also once the promotion has ended. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelPromotion } from '../../../adapters/postgres/cancel-promotion.ts';
import { readPromotion } from '../../../adapters/postgres/read-promotions.ts';
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

const waiting = (name: string) => harbour.waitingForProd({ repository: 'shop', digest: digestOf(name) });
const decide = (key: PromotionKey, principal: string, verb: 'approve' | 'reject') =>
  harbour.promotions.decide(key, { verb, reason: verb, decider: { principal, groups: [] } });
async function askAgain(key: PromotionKey): Promise<PromotionKey> {
  const row = { tag: null, build_order: 1, rollback: false, requested_by: 'ops', trace: null };
  const [again] = await harbour.request({ environment: 'prod', key, row });
  return again!.key;
}
/** What is decided, and why what was said counts no more, in the order it was said. */
async function shown(key: PromotionKey) {
  const promotion = await readPromotion(own.db, 'prod', key);
  return {
    decision: promotion?.decisionDigest,
    said: promotion?.approvals.map(({ principal, verb, past }) => `${principal} ${verb}: ${past}`),
  };
}

test('a rejection counts that ended the promotion, and everybody decides anew once it is asked for again', async () => {
  const key = await waiting('rejected');
  const decision = digestOf(`prod ${key.digest}`);
  await decide(key, 'bob', 'approve');
  await decide(key, 'carol', 'reject');
  await harbour.judge(key, 'prod', { decision: 'judged since' });
  expect(await shown(key)).toEqual({ decision, said: ['bob approve: null', 'carol reject: null'] });
  await harbour.judge(key, 'prod');
  const again = await askAgain(key);
  const before = [
    'bob approve: given before it was rejected and asked for again',
    'carol reject: it ended what was asked for before',
  ];
  expect(await shown(key)).toEqual({ decision, said: before });
  expect(await decide(again, 'dan', 'approve')).toMatchObject({ state: 'waiting' });
  expect(await shown(key)).toEqual({ decision, said: [...before, 'dan approve: null'] });
});

test('what was decided stays known of what was cancelled, and with it which approvals counted', async () => {
  const key = await waiting('cancelled');
  const decision = digestOf(`prod ${key.digest}`);
  await decide(key, 'bob', 'approve');
  await cancelPromotion(own.db, { environment: 'prod', key, reason: 'not today', actor: 'ops' });
  await harbour.judge(key, 'prod', { decision: 'judged since' });
  expect(await shown(key)).toEqual({ decision, said: ['bob approve: null'] });
  await askAgain(key);
  expect(await shown(key)).toEqual({ decision: digestOf('judged since'), said: ['bob approve: of another decision'] });
});

test('what was decided stays known of what an incident ended', async () => {
  const key = await waiting('fenced');
  await decide(key, 'bob', 'approve');
  const selector = { kind: 'digest', value: key.digest } as const;
  const { id } = await harbour.incidents.open({ selector, reason: 'suspected', actor: 'rita' });
  expect(await shown(key)).toEqual({
    decision: digestOf(`prod ${key.digest}`),
    said: [`bob approve: given before incident ${id}`],
  });
});
