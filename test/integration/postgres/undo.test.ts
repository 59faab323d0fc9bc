/** A claim that is given back: what is removed, what stays because others need it, and what is looked at again. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLineDesk } from '../../../adapters/postgres/line-desk.ts';
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
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

/** An artifact nobody else in this file uses. */
function fresh(repository = 'shop'): ArtifactKey {
  count += 1;
  return { repository, digest: digestOf(`artifact ${count}`) };
}

describe('undo', () => {
  test('removes what the claim made, and says so again when it is tried again', async () => {
    const promotion = await harbour.requestDev(fresh());
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    const made = [promotion.digest, digestOf('its signature')];
    await harbour.promotions.recordCreated(promotion, made);
    await harbour.promotions.recordCreated(promotion, made);
    const end = { state: 'undone', reason: 'test' } as const;
    const undone = await harbour.promotions.releaseClaim(promotion, end);
    expect(undone).toEqual({ destination: 'dev/shop', remove: expect.arrayContaining(made) });
    expect(undone.remove).toHaveLength(2);
    expect(await harbour.promotions.releaseClaim(promotion, end)).toEqual(undone);
    expect(await harbour.stateOf(promotion)).toBe('undone');
    expect(await harbour.placementOf('dev', promotion.digest)).toBe('removed');
  });

  test('removes nothing that another claim still holds', async () => {
    const key = fresh();
    await harbour.liveInDev(key, { tag: 'stable' });
    await harbour.push(key, { tag: 'newest' });
    const [second] = await harbour.promotions.requestFirst(key, 2);
    await harbour.promotions.reserve(second!.key, LEASE_SECONDS);
    await harbour.promotions.recordCreated(second!.key, [digestOf('more evidence')]);
    const end = { state: 'failed', reason: 'test' } as const;
    expect(await harbour.promotions.releaseClaim(second!.key, end)).toEqual({ destination: 'dev/shop', remove: [] });
    expect(await harbour.placementOf('dev', key.digest)).toBe('live');
  });

  test('takes nothing from a promotion that went live', async () => {
    const promotion = await harbour.requestDev(fresh());
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await harbour.promotions.recordCreated(promotion, [promotion.digest]);
    await harbour.promotions.goLive(promotion);
    const undone = await harbour.promotions.releaseClaim(promotion, { state: 'failed', reason: 'the answer was lost' });
    expect(undone.remove).toEqual([]);
    expect(await harbour.placementOf('dev', promotion.digest)).toBe('live');
    expect(await harbour.stateOf(promotion)).toBe('live');
  });

  test('leaves what another artifact there needs, and whose it is then: the last one that is undone removes it', async () => {
    const [child, one, two] = [fresh(), fresh(), fresh()];
    const signature = harbour.signedBy('somebody', child.digest);
    await harbour.evidence.record('shop', [signature]);
    const made = [child.digest, signature.manifest];
    const [first, second] = [
      await harbour.requestDev(one, { children: [child.digest] }),
      await harbour.requestDev(two, { children: [child.digest] }),
    ];
    for (const promotion of [first, second]) await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await harbour.promotions.recordCreated(first, [...made, one.digest]);
    await harbour.promotions.recordCreated(second, [two.digest]);
    const end = { state: 'undone', reason: 'test' } as const;
    expect((await harbour.promotions.releaseClaim(first, end)).remove).toEqual([one.digest]);
    expect((await harbour.promotions.releaseClaim(first, end)).remove).toEqual([one.digest]);
    const { remove } = await harbour.promotions.releaseClaim(second, end);
    expect([...remove].sort()).toEqual([...made, two.digest].sort());
  });

  test.each([
    ['denied', 'ended', async (promotion: PromotionKey) => harbour.judge(promotion, 'dev', { admitted: false })],
    [
      'stopped',
      'waiting',
      async () => createLineDesk(own.db).stop({ environment: 'dev', reason: 'test', actor: 'ann' }),
    ],
  ])(
    'of a run that was lost after it moved its tag is asked for where it is %s now, until it is done',
    async (tag, outcome, change) => {
      const promotion = await harbour.requestDev(fresh(), { tag });
      await harbour.promotions.reserve(promotion, LEASE_SECONDS);
      await harbour.promotions.recordCreated(promotion, [promotion.digest]);
      expect(await harbour.promotions.planTagMove(promotion, undefined)).toBe(true);
      await change(promotion);
      onTestFinished(async () => {
        await createLineDesk(own.db).resume({ environment: 'dev', reason: 'test', actor: 'ann' });
      });
      const again = () => harbour.promotions.reserve(promotion, LEASE_SECONDS);
      expect(await again()).toMatchObject({ outcome, leftBehind: true });
      // Whoever dies before it is undone is asked again.
      expect(await again()).toMatchObject({ outcome, leftBehind: true });
      const state = await harbour.stateOf(promotion);
      expect(await harbour.promotions.releaseClaim(promotion, { state: 'undone', reason: 'lost' })).toEqual({
        destination: 'dev/shop',
        remove: [promotion.digest],
      });
      expect(await harbour.promotions.tagToPutBack(promotion)).toEqual({ destination: 'dev/shop', tag });
      await harbour.promotions.recordTakenBack(promotion);
      expect(await again()).not.toHaveProperty('leftBehind');
      expect(await harbour.stateOf(promotion)).toBe(state);
    },
  );

  test('of a run that was lost before it had removed anything is not forgotten where it is reserved again', async () => {
    const promotion = await harbour.requestDev(fresh());
    const back = (state: 'waiting' | 'undone') => harbour.promotions.releaseClaim(promotion, { state, reason: 'test' });
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await harbour.promotions.recordCreated(promotion, [promotion.digest]);
    const { remove } = await back('waiting');
    expect(remove).toEqual([promotion.digest]);
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
    expect((await back('undone')).remove).toEqual(remove);
  });

  test('of one of two claims to a place leaves what it made to the other', async () => {
    const key = fresh();
    const first = await harbour.requestDev(key);
    await harbour.promotions.reserve(first, LEASE_SECONDS);
    await harbour.promotions.recordCreated(first, [key.digest]);
    const second = { ...first, generation: first.generation + 1 };
    await sql`insert into placement_claim (environment, destination, digest, claim, created)
      values ('dev', 'dev/shop', ${key.digest}, ${`promotion/dev/shop@${key.digest}#${second.generation}`}, '[]')`.execute(
      own.db,
    );
    const end = { state: 'undone', reason: 'test' } as const;
    expect((await harbour.promotions.releaseClaim(first, end)).remove).toEqual([]);
    const { rows } =
      await sql`select created from placement_claim where digest = ${key.digest} and released_at is null`.execute(
        own.db,
      );
    expect(rows).toEqual([{ created: [key.digest] }]);
  });

  test('leaves nobody a claim to make more under', async () => {
    const promotion = await harbour.requestDev(fresh());
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    expect(await harbour.promotions.recordCreated(promotion, [promotion.digest])).toBe(true);
    await harbour.promotions.releaseClaim(promotion, { state: 'failed', reason: 'test' });
    expect(await harbour.promotions.recordCreated(promotion, [digestOf('late')])).toBe(false);
    expect(await harbour.promotions.extendLease(promotion, LEASE_SECONDS)).toEqual({
      outcome: 'refused',
      state: 'cancelled',
      reason: 'the promotion is failed: test',
    });
  });

  test('while signing must wait leaves it waiting for that, told once', async () => {
    const promotion = await harbour.requestDev(fresh());
    const end = { state: 'waiting', reason: 'the log does not answer', waitingFor: 'signing' } as const;
    for (let round = 0; round < 2; round += 1) {
      await harbour.promotions.reserve(promotion, LEASE_SECONDS);
      await harbour.promotions.releaseClaim(promotion, end);
    }
    const { rows } = await sql<{ state: string; waiting_for: unknown }>`
      select state, waiting_for from promotion where digest = ${promotion.digest}`.execute(own.db);
    const waitingFor = { for: 'signing', until: null, approvals: null, environments: [] };
    expect(rows).toEqual([{ state: 'waiting', waiting_for: waitingFor }]);
    const told = (await harbour.eventsOf(`shop@${promotion.digest}`)).filter(
      ({ type }) => type === 'promotion.waiting',
    );
    expect(told).toHaveLength(1);
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'live' });
  });

  test('an artifact whose signatures wait says so, and is told of once', async () => {
    const key = { ...fresh(), generation: 1 };
    await harbour.push(key);
    for (let round = 0; round < 2; round += 1) await harbour.generations.awaitSigning(key, 'the log does not answer');
    const { rows } = await sql`select phase, reason from artifact where digest = ${key.digest}`.execute(own.db);
    expect(rows).toEqual([{ phase: 'awaiting-signing', reason: 'the log does not answer' }]);
    const told = (await harbour.eventsOf(`shop@${key.digest}`)).filter(
      ({ type }) => type === 'artifact.awaiting-signing',
    );
    expect(told).toHaveLength(1);
  });

  test('to look again leaves it waiting; the next reservation holds the place, beside another claim too', async () => {
    const key = fresh();
    await harbour.liveInDev(key, { tag: 'stable' });
    await harbour.push(key, { tag: 'newer' });
    const [second] = await harbour.promotions.requestFirst(key, 2);
    for (const round of ['first', 'second']) {
      await harbour.promotions.reserve(second!.key, LEASE_SECONDS);
      expect(await harbour.promotions.recordCreated(second!.key, [digestOf(round)])).toBe(true);
      await harbour.promotions.releaseClaim(second!.key, { state: 'waiting', reason: 'a newer verdict' });
      expect(await harbour.stateOf(second!.key)).toBe('waiting');
    }
    await harbour.promotions.reserve(second!.key, LEASE_SECONDS);
    expect(await harbour.promotions.goLive(second!.key)).toMatchObject({ outcome: 'live' });
    const types = (await harbour.eventsOf(`shop@${key.digest}`)).map(({ type }) => type);
    expect(types.filter((type) => type === 'promotion.waiting')).toHaveLength(2);
  });

  test('finds what was reserved under a policy that has gone', async () => {
    const gone = await createTestDatabase();
    try {
      const there = createHarbour(gone.db);
      await there.policies.activate(policyText(1), 'policy.yaml', 'test');
      const promotion = await there.requestDev(fresh());
      await there.promotions.reserve(promotion, LEASE_SECONDS);
      await there.promotions.recordCreated(promotion, [promotion.digest]);
      await there.policies.activate(policyText(2).replaceAll(/(?<!\.)dev/g, 'elsewhere'), 'policy.yaml', 'test');
      const holding = await there.quarantines.holdings({ digest: promotion.digest, incident: 'none' });
      expect(holding).toMatchObject([{ environment: 'dev', destination: 'dev/shop', repository: 'shop' }]);
      expect(await there.promotions.releaseClaim(promotion, { state: 'undone', reason: 'test' })).toEqual({
        destination: 'dev/shop',
        remove: [promotion.digest],
      });
    } finally {
      await gone.drop();
    }
  });
});
