import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openNewGenerations } from '../../../adapters/postgres/regenerate.ts';
import { buildOrderOf, requestPromotion } from '../../../adapters/postgres/request-promotion.ts';
import { pendingWakes, requestWake, settleWake } from '../../../adapters/postgres/workflow-request.ts';
import { type ArtifactKey, workflowIds } from '../../../domain/artifact/subject.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';
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

describe('one promotion at a time', () => {
  test('asked for twice at once, one is made', async () => {
    const key = fresh();
    await harbour.push(key);
    const row = { tag: null, build_order: 1, rollback: false, requested_by: 'system', trace: null };
    const policy = await harbour.policies.current();
    const first = await heldTransaction(own.db, (trx) =>
      requestPromotion(trx, policy, { environment: 'dev', key, row }),
    );
    const second = harbour.request({ environment: 'dev', key, row });
    await own.blocked(1);
    await first.commit();
    expect(first.result).toHaveLength(1);
    expect(await second).toEqual([]);
  });

  test('one that is open or live under the same tag is not asked for again, whatever was tried since', async () => {
    const key = fresh();
    const promotion = await harbour.requestDev(key, { tag: 'one' });
    expect(await harbour.promotions.requestFirst(key, 1)).toEqual([]);
    await harbour.enter(promotion);
    expect(await harbour.promotions.requestFirst(key, 1)).toEqual([]);
    // Under another tag: another promotion, which does not come off.
    await harbour.push(key, { tag: 'two' });
    const [second] = await harbour.promotions.requestFirst(key, 2);
    expect(second?.key.generation).toBe(2);
    await harbour.promotions.end(second!.key, { state: 'cancelled', reason: 'test' });
    await sql`delete from tag where digest = ${key.digest} and tag = 'two'`.execute(own.db);
    expect(await harbour.promotions.requestFirst(key, 2)).toEqual([]);
  });

  test('live from one repository does not count for another that has the same digest', async () => {
    const key = fresh();
    await harbour.liveInDev(key);
    const other = { ...key, repository: 'mirror' };
    const promotion = await harbour.requestDev(other);
    await harbour.enter(promotion);
    expect(await harbour.stateOf(promotion)).toBe('live');
    const { rows } = await sql`select destination from placement where digest = ${key.digest} order by 1`.execute(
      own.db,
    );
    expect(rows).toEqual([{ destination: 'dev/mirror' }, { destination: 'dev/shop' }]);
  });
});

describe('a reservation', () => {
  test('made twice, as a retry does, is one', async () => {
    const key = fresh();
    const promotion = await harbour.requestDev(key);
    const first = await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    expect(first).toMatchObject({ outcome: 'reserved', source: 'shop', destination: 'dev/shop', admittedBy: 'pass' });
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toEqual(first);
    const types = (await harbour.eventsOf(`shop@${key.digest}`)).map(({ type }) => type);
    expect(types.filter((type) => type === 'promotion.reserved')).toHaveLength(1);
  });

  test.each([
    ['no verdict', undefined, 'no verdict for this environment yet'],
    ['a verdict of yesterday', { ageSeconds: 25 * 3600 }, 'the verdict is older than a day'],
  ])('with %s is stale', async (_, said, reason) => {
    const key = fresh();
    const { generation } = await harbour.push(key);
    if (said !== undefined) await harbour.judge(key, 'dev', said);
    const [start] = await harbour.promotions.requestFirst(key, generation);
    expect(await harbour.promotions.reserve(start!.key, LEASE_SECONDS)).toEqual({ outcome: 'stale', reason });
  });

  test('with a verdict of an earlier trust epoch is stale, also at go-live', async () => {
    const promotion = await harbour.requestDev(fresh());
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await sql`update trust_epoch set value = value + 1`.execute(own.db);
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({
      outcome: 'refused',
      state: 'cancelled',
      reason: 'trust changed since the verdict',
    });
    const next = await harbour.requestDev(fresh());
    await sql`update trust_epoch set value = value + 1`.execute(own.db);
    expect(await harbour.promotions.reserve(next, LEASE_SECONDS)).toMatchObject({ outcome: 'stale' });
  });

  test('rests on the verdict that was made last, also where an earlier one came back', async () => {
    const key = fresh();
    const promotion = await harbour.requestDev(key);
    await harbour.judge(key, 'dev', { admitted: false, decision: 'bad', ageSeconds: 30 });
    await harbour.judge(key, 'dev', { decision: 'good', ageSeconds: 20 });
    await harbour.judge(key, 'dev', { admitted: false, decision: 'bad', ageSeconds: -1 });
    expect((await harbour.verdicts.latest(key, 'dev'))?.verdict.admitted).toBe(false);
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({
      outcome: 'ended',
      state: 'denied',
    });
  });

  test('waits for the environment before it, and says for which', async () => {
    const key = fresh();
    await harbour.push(key);
    await harbour.judge(key, 'staging');
    const row = { tag: null, build_order: 1, rollback: false, requested_by: 'ops', trace: null };
    const [start] = await harbour.request({ environment: 'staging', key, row });
    expect(await harbour.promotions.reserve(start!.key, LEASE_SECONDS)).toMatchObject({
      outcome: 'waiting',
      for: 'previous-environment',
      reason: 'waits until it is live in dev',
    });
  });

  test('that nobody acted on and that no longer holds leaves no place behind', async () => {
    const key = fresh();
    const promotion = await harbour.requestDev(key);
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await harbour.judge(key, 'dev', { admitted: false, decision: 'worse' });
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ state: 'denied' });
    expect(await harbour.placementOf('dev', key.digest)).toBe('removed');
  });
});

describe('going live', () => {
  test('asks for the next environment once, and again gives the same answer', async () => {
    const key = fresh();
    const promotion = await harbour.requestDev(key);
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    const first = await harbour.promotions.goLive(promotion);
    expect(first).toMatchObject({ outcome: 'live', next: [{ key: { environment: 'staging', generation: 1 } }] });
    expect(await harbour.promotions.goLive(promotion)).toEqual(first);
  });

  test('asks for whoever waits for it to be told, and whoever it supersedes', async () => {
    const key = fresh('awaited');
    const older = fresh('awaited');
    const late = await harbour.requestDev(older, { tag: 'x' });
    const dev = await harbour.requestDev(key, { tag: 'x' });
    const row = { tag: null, build_order: 1, rollback: false, requested_by: 'ops', trace: null };
    const [waiting] = await harbour.request({ environment: 'staging', key, row });
    await harbour.judge(key, 'staging');
    expect(await harbour.promotions.reserve(waiting!.key, LEASE_SECONDS)).toMatchObject({
      for: 'previous-environment',
    });
    await harbour.promotions.reserve(dev, LEASE_SECONDS);
    const wake = [workflowIds.promotion('dev', late), waiting!.workflowId];
    expect(await harbour.promotions.goLive(dev)).toEqual({ outcome: 'live', next: [], wake });
    // Written with it: a crash before anybody is told leaves it to the sweeper.
    const pending = await pendingWakes(own.db, { olderThanSeconds: 0 });
    expect(pending.map(({ id }) => id)).toEqual(expect.arrayContaining(wake));
    // Asked for again while it is delivered: told once more.
    const [first] = await pendingWakes(own.db, { ids: [waiting!.workflowId] });
    await requestWake(own.db, waiting!.workflowId);
    await settleWake(own.db, first!);
    const [again] = await pendingWakes(own.db, { ids: [waiting!.workflowId] });
    await settleWake(own.db, again!);
    expect(await pendingWakes(own.db, { ids: [waiting!.workflowId] })).toEqual([]);
  });

  test('is refused after the lease ran out', async () => {
    const promotion = await harbour.requestDev(fresh());
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await harbour.ageLease(promotion, LEASE_SECONDS + 1);
    expect(await harbour.promotions.extendLease(promotion, LEASE_SECONDS)).toEqual({
      outcome: 'refused',
      state: 'cancelled',
      reason: 'the lease ran out before the copy was finished',
    });
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'refused', state: 'cancelled' });
    expect(await harbour.placementOf('dev', promotion.digest)).toBe('reserved');
  });

  test('is refused where the lease ran out while it waited for its locks', async () => {
    const promotion = await harbour.requestDev(fresh());
    await harbour.promotions.reserve(promotion, 1);
    const blocker = await heldTransaction(own.db, (trx) => sql`select 1 from incident_epoch for update`.execute(trx));
    const late = harbour.promotions.goLive(promotion);
    await own.blocked(1);
    await sql`select pg_sleep(1.2)`.execute(own.db);
    await blocker.commit();
    expect(await late).toMatchObject({ outcome: 'refused', reason: 'the lease ran out before the copy was finished' });
  });

  test('is refused where what was copied was taken out meanwhile', async () => {
    const promotion = await harbour.requestDev(fresh());
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    const { digest } = promotion;
    const [holding] = await harbour.quarantines.holdings({ digest, incident: 'none' });
    await harbour.quarantines.recordRemoved({ digest, incident: 'none' }, holding!);
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'refused', state: 'cancelled' });
    expect(await harbour.placementOf('dev', digest)).toBe('removed');
  });
});

describe('the order of builds', () => {
  test("an older build does not take a newer one's tag; a rollback does", async () => {
    const [older, newer] = [fresh('ordered'), fresh('ordered')];
    const late = await harbour.requestDev(older, { tag: '1.0' });
    await harbour.liveInDev(newer, { tag: '1.0' });
    // Ended when the newer one went live.
    expect(await harbour.stateOf(late)).toBe('superseded');
    const order = (await buildOrderOf(own.db, older)) ?? 0;
    const ask = (rollback: boolean) =>
      harbour.request({
        environment: 'dev',
        key: older,
        row: { tag: '1.0', build_order: order, rollback, requested_by: 'ops', trace: null },
      });
    const [again] = await ask(false);
    expect(await harbour.promotions.reserve(again!.key, LEASE_SECONDS)).toMatchObject({
      outcome: 'ended',
      state: 'superseded',
    });
    const [back] = await ask(true);
    await harbour.enter(back!.key);
    const { rows } = await sql`select digest from channel where destination = 'dev/ordered' and tag = '1.0'`.execute(
      own.db,
    );
    expect(rows).toEqual([{ digest: older.digest }]);
  });

  test('a rollback goes back where it was asked for, and nowhere else by itself', async () => {
    const [older, newer] = [fresh('back'), fresh('back')];
    await harbour.liveInDev(older, { tag: '1.0' });
    await harbour.liveInDev(newer, { tag: '1.0' });
    await sql`update promotion set state = 'cancelled' where environment = 'staging' and digest in (${older.digest}, ${newer.digest})`.execute(
      own.db,
    );
    const row = {
      ...{ tag: '1.0', build_order: (await buildOrderOf(own.db, older)) ?? 0, rollback: true },
      ...{ requested_by: 'ops', trace: null },
    };
    const [back] = await harbour.request({ environment: 'dev', key: older, row });
    await harbour.promotions.reserve(back!.key, LEASE_SECONDS);
    expect(await harbour.promotions.goLive(back!.key)).toMatchObject({ outcome: 'live', next: [] });
  });

  test('of two that go live at once, the newer one has the tag', async () => {
    const [older, newer] = [fresh('racing'), fresh('racing')];
    const keys = [await harbour.requestDev(older, { tag: 'x' }), await harbour.requestDev(newer, { tag: 'x' })];
    for (const key of keys) await harbour.promotions.reserve(key, LEASE_SECONDS);
    // Both look at the channel before either writes: the row the newer one inserts holds the older one up.
    const held = await heldTransaction(own.db, (trx) =>
      sql`insert into channel (environment, destination, tag, digest, build_order) select 'dev', 'dev/racing', 'x', ${newer.digest}, max(build_order)
          from generation where digest = ${newer.digest}`.execute(trx),
    );
    const late = harbour.promotions.goLive(keys[0]!);
    await own.blocked(1);
    await held.commit();
    expect(await late).toMatchObject({ outcome: 'refused', state: 'superseded' });
    expect(await harbour.placementOf('dev', older.digest)).toBe('reserved');
  });

  test('a new policy is told to those who wait: what it asks for may be there already', async () => {
    const key = fresh();
    const promotion = await harbour.requestDev(key);
    const id = workflowIds.promotion('dev', promotion);
    await openNewGenerations(own.db, 'policy');
    expect(await pendingWakes(own.db, { ids: [id] })).toMatchObject([{ id }]);
    await harbour.promotions.end(promotion, { state: 'cancelled', reason: 'test' });
  });

  test('what a policy was not applied to, as whoever put it in force died, is found once', async () => {
    const promotion = await harbour.requestDev(fresh());
    const missed = async () => {
      await openNewGenerations(own.db, 'policy', 'missed');
      const { rows } = await sql<{ joined: number }>`
        select joined from generation where digest = ${promotion.digest} order by generation desc limit 1`.execute(
        own.db,
      );
      return rows[0]?.joined;
    };
    const before = await missed();
    await sql`update policy set activated_at = clock_timestamp() where version = (select max(version) from policy)`.execute(
      own.db,
    );
    await sql`update generation set state = 'closed' where digest = ${promotion.digest}`.execute(own.db);
    expect(before).toBe(0);
    await missed();
    const opened = await sql`select 1 from generation where digest = ${promotion.digest}`.execute(own.db);
    expect(opened.rows).toHaveLength(2);
    await missed();
    expect((await sql`select 1 from generation where digest = ${promotion.digest}`.execute(own.db)).rows).toHaveLength(
      2,
    );
    await harbour.promotions.end(promotion, { state: 'cancelled', reason: 'test' });
  });

  test('judging an old build again does not make it a new one', async () => {
    const [older, newer] = [fresh('rescanned'), fresh('rescanned')];
    await harbour.liveInDev(older, { tag: 'x' });
    await harbour.liveInDev(newer, { tag: 'x' });
    const before = await buildOrderOf(own.db, older);
    await openNewGenerations(own.db, 'policy');
    expect(await buildOrderOf(own.db, older)).toBe(before);
    expect(before).toBeLessThan((await buildOrderOf(own.db, newer)) ?? 0);
  });
});

test('what the policy in force takes nothing from any more enters nowhere, and what is being copied does not go live', async () => {
  const changed = await createTestDatabase();
  try {
    const there = createHarbour(changed.db);
    await there.policies.activate(policyText(1), 'policy.yaml', 'test');
    const [asked, reserved] = [await there.requestDev(fresh()), await there.requestDev(fresh())];
    await there.promotions.reserve(reserved, LEASE_SECONDS);
    await there.policies.activate(policyText(2).replace("['**']", "['other/**']"), 'policy.yaml', 'test');
    const denied = { state: 'denied', reason: 'the policy in force (version 2) takes nothing from shop' };
    expect(await there.promotions.reserve(asked, LEASE_SECONDS)).toMatchObject({ outcome: 'ended', ...denied });
    expect(await there.promotions.goLive(reserved)).toMatchObject({ outcome: 'refused', reason: denied.reason });
  } finally {
    await changed.drop();
  }
});
