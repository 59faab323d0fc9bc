/** A person takes a promotion back: what waits ends, what is being copied does not go live, what is live stays. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelPromotion } from '../../../adapters/postgres/cancel-promotion.ts';
import { pendingWakes } from '../../../adapters/postgres/workflow-request.ts';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';
import { type ArtifactKey, subjectOf, workflowIds } from '../../../domain/artifact/subject.ts';
import type { PromotionStart } from '../../../domain/promotion/promotion-book.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

function fresh(): ArtifactKey {
  count += 1;
  return { repository: `shop-${count}`, digest: digestOf(`artifact ${count}`) };
}
const cancel = (key: ArtifactKey, environment: string) =>
  cancelPromotion(own.db, { environment, key, reason: 'the wrong build', actor: 'ada' });
const ends = (key: ArtifactKey) =>
  own.db
    .selectFrom('outbox')
    .select(['type', 'actor', 'data'])
    .where('subject', '=', subjectOf(key))
    .where('type', 'like', 'promotion.cancel%')
    .orderBy('sequence')
    .execute();

test('one that waits ends as cancelled, by whoever it was, and its workflow is told', async () => {
  const key = fresh();
  const promotion = await harbour.waitingForProd(key);
  expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'waiting' });
  expect(await cancel(key, 'prod')).toEqual({ outcome: 'cancelled' });
  expect(await harbour.stateOf(promotion)).toBe('cancelled');
  expect(await ends(key)).toMatchObject([
    { type: 'promotion.cancelled', actor: 'ada', data: { environment: 'prod', reason: 'by ada: the wrong build' } },
  ]);
  expect(await pendingWakes(own.db, { ids: [workflowIds.promotion('prod', key)] })).toHaveLength(1);
  expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toEqual({
    ...{ outcome: 'ended', state: 'cancelled', reason: 'by ada: the wrong build' },
  });
  expect(await cancel(key, 'prod')).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('cancelled') });
});

test('one that is being copied does not go live, is taken back, and ends as cancelled', async () => {
  const key = fresh();
  const promotion = await harbour.requestDev(key, { tag: '1.0' });
  expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
  await harbour.promotions.recordCreated(promotion, [key.digest]);
  expect(await cancel(key, 'dev')).toEqual({ outcome: 'taken-back' });
  // Nobody pulls it by its tag meanwhile.
  expect(await harbour.promotions.planTagMove(promotion, undefined)).toBe(false);
  // Nor is more of it copied, or signed.
  expect(await harbour.promotions.extendLease(promotion, LEASE_SECONDS)).toEqual({
    ...{ outcome: 'refused', state: 'cancelled', reason: 'by ada: the wrong build' },
  });
  expect(await cancel(key, 'dev')).toEqual({ outcome: 'taken-back' });
  const refused = { outcome: 'refused', state: 'cancelled', reason: 'by ada: the wrong build' } as const;
  expect(await harbour.promotions.goLive(promotion)).toEqual(refused);
  // As the workflow goes on: the copy is taken back, and it looks again.
  expect(await harbour.promotions.releaseClaim(promotion, { state: 'waiting', reason: refused.reason })).toEqual({
    ...{ destination: `dev/${key.repository}`, remove: [key.digest] },
  });
  expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ state: 'cancelled' });
  expect(await harbour.stateOf(promotion)).toBe('cancelled');
  expect((await ends(key)).map(({ type, actor }) => [type, actor])).toEqual([
    ['promotion.cancelling', 'ada'],
    ['promotion.cancelled', 'system'],
  ]);
  expect(await harbour.placementOf('dev', key.digest)).toBe('removed');
});

test('what is live stays, and what nobody asked for is not there', async () => {
  const key = fresh();
  await harbour.liveInDev(key);
  expect(await cancel(key, 'dev')).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('is live') });
  expect(await harbour.placementOf('dev', key.digest)).toBe('live');
  expect(await cancel(fresh(), 'dev')).toMatchObject({ outcome: 'refused' });
});

/** Judged again, as its pipeline does when somebody attaches something to it. */
async function judgedAgain(key: ArtifactKey): Promise<readonly PromotionStart[]> {
  const event = {
    kind: 'artifact-pushed',
    id: randomUUID(),
    source: '/registry/test',
    occurredAt: new Date().toISOString(),
    repository: key.repository,
    digest: digestOf('a referrer'),
    mediaType: mediaTypes.ociManifest,
  } as const;
  const { generation = 0 } = await harbour.intake.accept({ event, key, cause: 'evidence' });
  const starts = await harbour.promotions.requestFirst(key, generation);
  await harbour.generations.conclude({ ...key, generation }, { joined: 9, outcome: 'judged', reason: '' });
  return starts;
}

test('what was cancelled is not asked for again because it is judged again, but by a person or a push', async () => {
  const key = fresh();
  await harbour.requestDev(key);
  await cancel(key, 'dev');
  expect(await judgedAgain(key)).toEqual([]);
  expect(await harbour.requestByPerson({ environment: 'dev', key, rollback: false, actor: 'ada' })).toHaveLength(1);
  await cancel(key, 'dev');
  const { generation } = await harbour.push(key, { tag: 'again' });
  expect(await harbour.promotions.requestFirst(key, generation)).toHaveLength(1);
});

test.each(['undone', 'failed', 'quarantined'] as const)(
  'nor where it was cancelled while it was copied, and ends there and then (%s)',
  async (state) => {
    const key = fresh();
    const promotion = await harbour.requestDev(key);
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await cancel(key, 'dev');
    await harbour.promotions.releaseClaim(promotion, { state, reason: 'it looked often enough' });
    expect(await harbour.stateOf(promotion)).toBe(state === 'quarantined' ? state : 'cancelled');
    expect(await judgedAgain(key)).toEqual([]);
  },
);

test('nor where it was cancelled in the next environment, and goes live in this one', async () => {
  const key = fresh();
  await harbour.liveInDev(key);
  await cancel(key, 'staging');
  const asked = { environment: 'dev', key, tag: 'other', rollback: false, actor: 'ada' };
  const [start] = await harbour.requestByPerson(asked);
  await harbour.promotions.reserve(start!.key, LEASE_SECONDS);
  expect(await harbour.promotions.goLive(start!.key)).toMatchObject({ outcome: 'live', next: [] });
});
