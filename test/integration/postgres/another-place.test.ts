/** An environment gets another repository in the policy: what was live in it goes there, as it was. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { PromotionKey } from '../../../domain/promotion/promotion-book.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1, { prod: '' }), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

async function move(environment: string, version: number): Promise<void> {
  const text = policyText(version, { prod: '' }).replace(`'${environment}/{`, `'${environment}2/{`);
  await harbour.policies.activate(text, 'policy.yaml', 'test');
}

/** Live in dev and staging. */
async function settled(key: ArtifactKey): Promise<void> {
  const staging = await harbour.liveInDev(key, { tag: 'latest' });
  await harbour.judge(key, 'staging');
  await harbour.enter(staging);
}

const named = async (destination: string) =>
  (
    await sql<{
      tag: string;
      digest: string;
    }>`select tag, digest from channel where destination = ${destination}`.execute(own.db)
  ).rows;

/** The second time as its pipeline does after the next policy. */
async function enterAgain(key: ArtifactKey, environment: string): Promise<void> {
  await harbour.judge(key, environment);
  for (const start of await harbour.promotions.requestFirst(key, 1)) await harbour.enter(start.key);
}

test('the first one, or a later one: what is live goes to the new place, once, and a person may ask for it', async () => {
  const key = { repository: 'moved', digest: digestOf('moved') };
  await settled(key);
  await move('dev', 2);
  expect(await harbour.promotions.requestFirst(key, 1)).toMatchObject([{ key: { environment: 'dev', generation: 2 } }]);
  await harbour.promotions.end({ ...key, environment: 'dev', generation: 2 }, { state: 'failed', reason: 'test' });
  const asked = { environment: 'dev', key, rollback: false, actor: 'ops' };
  expect(await harbour.requestByPerson(asked)).toMatchObject([{ key: { generation: 3 } }]);
  await harbour.judge(key, 'dev');
  expect(await harbour.enter({ ...key, environment: 'dev', generation: 3 })).toMatchObject({ environment: 'dev' });
  expect(await named('dev2/moved')).toEqual([{ tag: 'latest', digest: key.digest }]);
  expect(await harbour.promotions.requestFirst(key, 1)).toEqual([]);
  await move('staging', 3);
  // dev is where it was at first, and live there.
  await enterAgain(key, 'staging');
  expect(await named('staging2/moved')).toEqual([{ tag: 'latest', digest: key.digest }]);
});

test('what somebody went back from does not take its tag there', async () => {
  const [older, newer] = ['older', 'newer'].map((name) => ({ repository: 'back', digest: digestOf(`back ${name}`) }));
  for (const key of [older!, newer!]) await settled(key);
  const asked = { environment: 'staging', key: older!, rollback: true, actor: 'ops' };
  const [back] = await harbour.requestByPerson(asked);
  await harbour.judge(older!, 'staging');
  await harbour.enter(back!.key);
  await move('staging', 4);
  for (const key of [newer!, older!, newer!]) await enterAgain(key, 'staging');
  expect(await named('staging2/back')).toEqual([{ tag: 'latest', digest: older!.digest }]);
});

describe('where the place changes while it is on its way', () => {
  /** Copied to where dev is; then dev is elsewhere, and it is judged for there. */
  async function copied(repository: string, version: number) {
    const key = { repository, digest: digestOf(repository) };
    const promotion = await harbour.requestDev(key, { tag: 'latest' });
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await harbour.promotions.recordCreated(promotion, [key.digest]);
    await harbour.promotions.planTagMove(promotion, undefined);
    await move('dev', version);
    return promotion;
  }
  /** As the workflow does it, once what it made is gone. */
  async function takenBack(promotion: PromotionKey, before: string): Promise<void> {
    const { promotions } = harbour;
    expect(await promotions.releaseClaim(promotion, { state: 'waiting', reason: 'test' })).toEqual({
      ...{ destination: before, remove: [promotion.digest] },
    });
    expect(await promotions.tagToPutBack(promotion)).toEqual({ destination: before, tag: 'latest' });
    await promotions.recordTakenBack(promotion);
  }
  async function arrives(promotion: PromotionKey, destination: string): Promise<void> {
    const { promotions } = harbour;
    expect(await promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved', destination });
    expect(await promotions.route(promotion)).toMatchObject({ destination });
    expect(await promotions.recordCreated(promotion, [promotion.digest])).toBe(true);
    expect(await promotions.planTagMove(promotion, undefined)).toBe(true);
  }

  test('what was copied to the old one is taken back, and it goes to the new one, and back', async () => {
    const promotion = await copied('moving', 5);
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'refused', state: 'cancelled' });
    await takenBack(promotion, 'dev/moving');
    await harbour.judge(promotion, 'dev');
    await arrives(promotion, 'dev2/moving');
    await harbour.policies.activate(policyText(6, { prod: '' }), 'policy.yaml', 'test');
    await takenBack(promotion, 'dev2/moving');
    await harbour.judge(promotion, 'dev');
    await arrives(promotion, 'dev/moving');
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'live' });
    expect(await named('dev/moving')).toEqual([{ tag: 'latest', digest: promotion.digest }]);
  });

  test('a run that is lost there leaves nothing at the old one, whoever dies before that is gone', async () => {
    const promotion = await copied('lost', 7);
    await harbour.judge(promotion, 'dev');
    const again = () => harbour.promotions.reserve(promotion, LEASE_SECONDS);
    for (const _ of ['it', 'and the next one'])
      expect(await again()).toMatchObject({ outcome: 'stale', leftBehind: true });
    await takenBack(promotion, 'dev/lost');
    expect(await harbour.stateOf(promotion)).toBe('waiting');
    await arrives(promotion, 'dev2/lost');
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'live' });
  });
});
