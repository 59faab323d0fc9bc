/** What ended before it was live comes back where it is pushed again, or where what ended it is no more: in every environment. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cancelPromotion } from '../../../adapters/postgres/cancel-promotion.ts';
import { transact } from '../../../adapters/postgres/database.ts';
import { judgeAgain } from '../../../adapters/postgres/judge-again.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { PromotionKey } from '../../../domain/promotion/promotion-book.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
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
  return { repository, digest: digestOf(`pushed again ${count}`) };
}

/** Pushed as `latest`, live in dev and staging: the promotion that waits in prod. */
async function waitingForProd(key: ArtifactKey): Promise<PromotionKey> {
  const staging = await harbour.liveInDev(key, { tag: 'latest' });
  await harbour.judge(key, 'staging');
  const prod = await harbour.enter(staging);
  await harbour.judge(key, 'prod');
  return prod;
}
async function enterProd(prod: PromotionKey): Promise<void> {
  const decider = { principal: 'ben', groups: [] };
  await harbour.promotions.decide(prod, { verb: 'approve', reason: 'test', decider });
  await harbour.enter(prod);
}
const goBack = async (key: ArtifactKey, environment: string) => {
  const [back] = await harbour.requestByPerson({ environment, key, tag: 'latest', rollback: true, actor: 'ops' });
  await harbour.enter(back!.key);
};
/** Where it is asked for, as the end of its pipeline does. */
async function askedFor(key: ArtifactKey, generation = 1): Promise<string[]> {
  const starts = await harbour.promotions.requestFirst(key, generation);
  return starts.map((start) => start.key.environment);
}
const pushedAgain = async (key: ArtifactKey, tag = 'latest') =>
  askedFor(key, (await harbour.push(key, { tag })).generation);

describe('what is pushed again is asked for again in the environment', () => {
  test.each([
    [
      'that rejected it',
      async (prod: PromotionKey) => {
        const decider = { principal: 'ben', groups: [] };
        await harbour.promotions.decide(prod, { verb: 'reject', reason: 'not now', decider });
      },
    ],
    [
      'where it was cancelled',
      async (key: PromotionKey) => {
        await cancelPromotion(own.db, { environment: 'prod', key, reason: 'not now', actor: 'ada' });
      },
    ],
    ['where it expired', (prod: PromotionKey) => harbour.promotions.end(prod, { state: 'expired', reason: 'late' })],
  ])('%s, and only then', async (_what, end) => {
    const key = fresh();
    await end(await waitingForProd(key));
    expect(await askedFor(key)).toEqual([]);
    expect(await pushedAgain(key)).toEqual(['prod']);
    expect(await pushedAgain(key)).toEqual([]);
  });

  test('that somebody went back from it, and only then', async () => {
    const [older, newer] = [fresh('back'), fresh('back')];
    for (const key of [older, newer]) await enterProd(await waitingForProd(key));
    await goBack(older, 'prod');
    expect(await askedFor(newer)).toEqual([]);
    expect(await pushedAgain(newer)).toEqual(['prod']);
    // The older one, which is live there by that rollback alone, goes nowhere.
    expect(await askedFor(older)).toEqual([]);
  });

  test('that somebody went back from it, past one where it is live still', async () => {
    const [older, newer] = [fresh('past'), fresh('past')];
    for (const key of [older, newer]) await enterProd(await waitingForProd(key));
    for (const environment of ['dev', 'prod']) await goBack(older, environment);
    expect(await pushedAgain(newer)).toEqual(['dev']);
    const dev = { ...newer, environment: 'dev', generation: 2 };
    await harbour.promotions.reserve(dev, LEASE_SECONDS);
    expect(await harbour.promotions.goLive(dev)).toMatchObject({ next: [{ key: { environment: 'prod' } }] });
  });
});

describe('what was denied in a later environment', () => {
  async function denied(key: ArtifactKey): Promise<void> {
    const prod = await waitingForProd(key);
    await harbour.judge(key, 'prod', { admitted: false, decision: 'one finding more' });
    expect(await harbour.promotions.reserve(prod, LEASE_SECONDS)).toMatchObject({ state: 'denied' });
  }

  test('is asked for there once a decision takes out what denied it, not before', async () => {
    const key = fresh();
    await denied(key);
    expect(await askedFor(key)).toEqual([]);
    await transact(own.db, (trx) => judgeAgain(trx, [{ ...key, eased: true }]));
    for (const environment of ['dev', 'staging', 'prod'])
      await harbour.judge(key, environment, { decision: `eased in ${environment}`, generation: 2 });
    expect(await askedFor(key, 2)).toEqual(['prod']);
    expect(await askedFor(key, 2)).toEqual([]);
  });

  test('stays out where a newer build has its tag', async () => {
    const [older, newer] = [fresh('passed'), fresh('passed')];
    await denied(older);
    await waitingForProd(newer);
    await harbour.judge(older, 'prod', { decision: 'eased' });
    expect(await askedFor(older)).toEqual([]);
  });
});

describe('what an incident ended in a later environment, and is released, is asked for there', () => {
  async function suspected(key: ArtifactKey): Promise<string> {
    const selector = { kind: 'digest', value: key.digest } as const;
    return (await harbour.incidents.open({ selector, reason: 'suspected', actor: 'ada' })).id;
  }
  async function released({ digest }: ArtifactKey): Promise<void> {
    const asked = await harbour.incidents.requestRelease({ digest, reason: 'clean', actor: 'ann' });
    const request = asked.outcome === 'waiting' ? asked.request : '';
    await harbour.incidents.decideRelease({ request, verb: 'approve', reason: 'agreed', actor: 'ben' });
  }

  test('where people were asked', async () => {
    const key = fresh();
    const prod = await waitingForProd(key);
    await suspected(key);
    expect(await harbour.stateOf(prod)).toBe('quarantined');
    expect(await askedFor(key)).toEqual([]);
    await released(key);
    expect(await askedFor(key)).toEqual(['prod']);
  });

  test('where it was taken out, and nowhere else yet', async () => {
    const key = fresh();
    await enterProd(await waitingForProd(key));
    const incident = await suspected(key);
    for (const holding of await harbour.quarantines.holdings({ digest: key.digest, incident }))
      if (holding.environment === 'prod')
        await harbour.quarantines.recordRemoved({ digest: key.digest, incident }, holding);
    expect(await askedFor(key)).toEqual([]);
    await released(key);
    expect(await askedFor(key)).toEqual(['prod']);
  });
});

test('a build that a newer one took the tag from does not come back because it is judged again', async () => {
  const [older, newer] = [fresh('passed by'), fresh('passed by')];
  const waits = await harbour.requestDev(older, { tag: 'latest' });
  await harbour.liveInDev(newer, { tag: 'latest' });
  expect(await harbour.stateOf(waits)).toBe('superseded');
  expect(await askedFor(older)).toEqual([]);
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from promotion where digest = ${older.digest}`.execute(own.db);
  expect(rows).toEqual([{ n: 1 }]);
  expect(await pushedAgain(older)).toEqual(['dev']);
});
