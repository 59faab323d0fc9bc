/** One promotion carries one tag: another one that the same bytes get meanwhile is asked for when it is live. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { PromotionKey, PromotionStart } from '../../../domain/promotion/promotion-book.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  const asking = ', approvals: { required: 1, notCommitter: false }';
  await harbour.policies.activate(policyText(1, { prod: asking }), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

function fresh(repository = `shop-${count + 1}`): ArtifactKey {
  count += 1;
  return { repository, digest: digestOf(`tagged ${count}`) };
}

async function tagsOf(key: ArtifactKey): Promise<Record<string, string>> {
  const { rows } = await sql<{ environment: string; tags: string }>`
    select environment, string_agg(tag, ' ' order by tag) as tags from channel where digest = ${key.digest} group by 1`.execute(
    own.db,
  );
  return Object.fromEntries(rows.map(({ environment, tags }) => [environment, tags]));
}

const decide = (prod: PromotionKey) =>
  harbour.promotions.decide(prod, { verb: 'approve', reason: 'test', decider: { principal: 'ben', groups: [] } });

/** Goes live; returns what that asked for. */
async function live(promotion: PromotionKey): Promise<readonly PromotionStart[]> {
  await harbour.judge(promotion, promotion.environment);
  if (promotion.environment === 'prod') await decide(promotion);
  expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
  const result = await harbour.promotions.goLive(promotion);
  return result.outcome === 'live' ? result.next : [];
}

/** Whatever was asked for, and whatever that asks for, in turn. */
async function settle(starts: readonly PromotionStart[]): Promise<void> {
  const queue = [...starts];
  for (let start = queue.shift(); start !== undefined; start = queue.shift()) queue.push(...(await live(start.key)));
}

test('both before it is judged: both tags get everywhere', async () => {
  const key = fresh();
  await harbour.push(key, { tag: '1.0' });
  const { generation } = await harbour.push(key, { tag: 'latest' });
  const starts = await harbour.promotions.requestFirst(key, generation);
  expect(starts).toHaveLength(1);
  await settle(starts);
  expect(await tagsOf(key)).toEqual({ dev: '1.0 latest', staging: '1.0 latest', prod: '1.0 latest' });
  // Once is enough.
  expect(await harbour.promotions.requestFirst(key, generation)).toEqual([]);
});

test('the second one while people are asked about the first: it gets there, too', async () => {
  const key = fresh();
  const staging = await harbour.liveInDev(key, { tag: '1.0' });
  const [prod] = await live(staging);
  const { generation } = await harbour.push(key, { tag: 'latest' });
  await settle(await harbour.promotions.requestFirst(key, generation));
  expect(await tagsOf(key)).toEqual({ dev: '1.0 latest', staging: '1.0 latest' });
  await settle(await live(prod!.key));
  expect(await tagsOf(key)).toEqual({ dev: '1.0 latest', staging: '1.0 latest', prod: '1.0 latest' });
});

test('one that arrives in the moment in which the first goes live is not lost', async () => {
  const key = fresh();
  const dev = await harbour.requestDev(key, { tag: '1.0' });
  const { generation } = await harbour.push(key, { tag: 'latest' });
  // As a go-live that has not seen the other tag: it holds the row.
  const held = await heldTransaction(own.db, async (trx) => {
    await sql`update promotion set state = 'live' where digest = ${key.digest}`.execute(trx);
  });
  const asking = harbour.promotions.requestFirst(key, generation);
  await own.blocked(1);
  await held.commit();
  expect(await asking).toMatchObject([{ key: { ...key, generation: dev.generation + 1 } }]);
});

test('not one that another build has by now, or that was lost by a rollback', async () => {
  const [older, newer] = [fresh('moved'), fresh('moved')];
  for (const key of [older, newer])
    await settle([{ key: await harbour.requestDev(key, { tag: 'latest' }), workflowId: '' }]);
  const asked = { environment: 'dev', key: older, tag: 'latest', rollback: true, actor: 'ops' };
  const [back] = await harbour.requestByPerson(asked);
  expect(await live(back!.key)).toEqual([]);
  const [again] = await harbour.requestByPerson({ ...asked, key: newer, tag: 'other', rollback: false });
  await settle([again!]);
  expect(await tagsOf(newer)).toMatchObject({ dev: 'other', prod: 'latest other' });
  expect(await tagsOf(older)).toEqual({ dev: 'latest' });
});

test('a person who asks under another tag, or to go back, while it is on its way is told so', async () => {
  const key = fresh();
  await harbour.requestDev(key, { tag: '1.0' });
  const ask = (more: { tag?: string; rollback?: boolean }) =>
    harbour.requestByPerson({ environment: 'dev', key, rollback: false, actor: 'ops', ...more });
  expect(await ask({})).toEqual([]);
  expect(await ask({ tag: '1.0' })).toEqual([]);
  const told = /on its way into dev as 1\.0 \(promotion 1\).*pratique promotion cancel dev shop-/;
  await expect(ask({ tag: 'latest' })).rejects.toThrow(told);
  await expect(ask({ tag: '1.0', rollback: true })).rejects.toThrow(told);
});
