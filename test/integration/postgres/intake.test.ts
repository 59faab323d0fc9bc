import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transact } from '../../../adapters/postgres/database.ts';
import { openGeneration } from '../../../adapters/postgres/intake-ledger.ts';
import { createPushIntents } from '../../../adapters/postgres/push-intents.ts';
import { readLastReconcile, readReconcileReport } from '../../../adapters/postgres/read-reconcile.ts';
import { createReconcileBook } from '../../../adapters/postgres/reconcile-book.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

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
  return { repository: 'shop', digest: digestOf(`received ${count}`) };
}

function accept(key: ArtifactKey, id: string = randomUUID(), tag?: string, occurredAt = new Date().toISOString()) {
  const named = tag === undefined ? {} : { tag };
  const event = {
    kind: 'artifact-pushed',
    id,
    source: '/test',
    occurredAt,
    mediaType: 'x',
  } as const;
  return harbour.intake.accept({ event: { ...event, ...key, ...named }, key, cause: 'push', ...named });
}

describe('an event', () => {
  test('that comes twice changes nothing, one after the other or at once', async () => {
    const key = fresh();
    const id = randomUUID();
    const [first, ...rest] = await Promise.all(Array.from({ length: 6 }, () => accept(key, id)));
    expect(first).toMatchObject({ outcome: 'started', generation: 1 });
    for (const decision of rest) expect(decision).toEqual(first);
    expect(await accept(key, id)).toEqual(first);
    const { rows } = await sql`select joined from generation where digest = ${key.digest}`.execute(own.db);
    expect(rows).toEqual([{ joined: 0 }]);
    expect(await harbour.eventsOf(`shop@${key.digest}`)).toHaveLength(1);
  });

  test('of the same digest joins the open generation; many at once make one', async () => {
    const key = fresh();
    const decisions = await Promise.all(Array.from({ length: 8 }, () => accept(key)));
    expect(decisions.filter(({ outcome }) => outcome === 'started')).toHaveLength(1);
    expect(new Set(decisions.map(({ generation }) => generation))).toEqual(new Set([1]));
    const { rows } = await sql`select joined from generation where digest = ${key.digest}`.execute(own.db);
    expect(rows).toEqual([{ joined: 7 }]);
  });
});

describe('around the end of a generation', () => {
  const conclude = (key: ArtifactKey, joined: number) =>
    harbour.generations.conclude({ ...key, generation: 1 }, { joined, outcome: 'judged', reason: '' });

  test('an event that joined before the end is looked at again', async () => {
    const key = fresh();
    await accept(key);
    const joining = await heldTransaction(own.db, (trx) => openGeneration(trx, key, 'push', undefined));
    const concluding = conclude(key, 0);
    await own.blocked(1);
    await joining.commit();
    expect(await concluding).toEqual({ again: true, joined: 1 });
    expect(await conclude(key, 1)).toEqual({ again: false });
    expect(await conclude(key, 1)).toEqual({ again: false });
  });

  test('an event that came after the end starts the next one', async () => {
    const key = fresh();
    await accept(key);
    const closing = await heldTransaction(own.db, (trx) =>
      sql`update generation set state = 'closed', closed_at = now() where digest = ${key.digest}`.execute(trx),
    );
    const accepting = accept(key);
    await own.blocked(1);
    await closing.commit();
    expect(await accepting).toMatchObject({ outcome: 'started', generation: 2 });
    expect(await harbour.generations.claim({ ...key, generation: 1 }, 'run')).toEqual({ state: 'closed' });
    expect(await harbour.generations.claim({ ...key, generation: 2 }, 'run')).toMatchObject({ state: 'claimed' });
  });

  test('two that record the same artifact for two reasons make one generation', async () => {
    const key = fresh();
    const outcomes = await Promise.all(
      ['policy', 'release', 'advisories'].map((cause) =>
        transact(own.db, (trx) => openGeneration(trx, key, cause, undefined)),
      ),
    );
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['joined', 'joined', 'started']);
  });
});

test('a tag that moves to other bytes is a finding, once', async () => {
  const [before, after] = [fresh(), fresh()];
  await accept(before, randomUUID(), 'stable');
  const id = randomUUID();
  await accept(after, id, 'stable');
  await accept(after, id, 'stable');
  await accept(after, randomUUID(), 'stable');
  const { rows } = await sql`select kind, detail from finding where subject = ${`shop@${after.digest}`}`.execute(
    own.db,
  );
  expect(rows).toEqual([{ kind: 'tag-moved', detail: { tag: 'stable', from: before.digest, to: after.digest } }]);
});

describe('a tag', () => {
  const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
  const named = async (tag: string) => {
    const { rows } = await sql<{ digest: string }>`select digest from tag where tag = ${tag}`.execute(own.db);
    return rows[0]?.digest;
  };
  const findings = async (tag: string) => {
    const { rows } = await sql<object>`select subject, detail from finding where detail->>'tag' = ${tag}`.execute(
      own.db,
    );
    return rows;
  };

  test('is not moved back by the late event of an older push; that it moved is a finding all the same', async () => {
    const [older, newer] = [fresh(), fresh()];
    await accept(newer, randomUUID(), 'late', secondsAgo(10));
    await accept(older, randomUUID(), 'late', secondsAgo(60));
    expect(await named('late')).toBe(newer.digest);
    expect(await findings('late')).toEqual([
      { subject: `shop@${newer.digest}`, detail: { tag: 'late', from: older.digest, to: newer.digest } },
    ]);
    const newest = fresh();
    await accept(newest, randomUUID(), 'late', secondsAgo(5));
    expect(await named('late')).toBe(newest.digest);
  });

  test('is not kept by a push that claims to be of tomorrow', async () => {
    const [ahead, next] = [fresh(), fresh()];
    await accept(ahead, randomUUID(), 'ahead', secondsAgo(-86_400));
    await sql`select pg_sleep(0.01)`.execute(own.db);
    await accept(next, randomUUID(), 'ahead', secondsAgo(0));
    expect(await named('ahead')).toBe(next.digest);
  });

  test('that two digests take for the first time at the same moment names the later one, and it is a finding', async () => {
    const [first, second] = [fresh(), fresh()];
    const held = await heldTransaction(own.db, (trx) =>
      sql`insert into tag (repository, tag, digest, event_id, occurred_at) values ('shop', 'both', ${first.digest}, 'e', ${secondsAgo(2)})`.execute(
        trx,
      ),
    );
    const accepting = accept(second, randomUUID(), 'both', secondsAgo(1));
    await own.blocked(1);
    await held.commit();
    await accepting;
    expect(await named('both')).toBe(second.digest);
    expect(await findings('both')).toHaveLength(1);
  });

  test('that many push at once names the one that was pushed last', async () => {
    const keys = Array.from({ length: 6 }, () => fresh());
    await Promise.all(keys.map((key, index) => accept(key, randomUUID(), 'crowd', secondsAgo(60 - index))));
    expect(await named('crowd')).toBe(keys.at(-1)?.digest);
    expect(await findings('crowd')).toHaveLength(5);
  });
});

test('a push we planned is ours, in that repository and no other', async () => {
  const key = fresh();
  const intend = createPushIntents(own.db);
  await intend(key.repository, key.digest);
  await intend(key.repository, key.digest);
  expect(await harbour.intake.isIntended(key)).toBe(true);
  expect(await harbour.intake.isIntended({ ...key, repository: 'other' })).toBe(false);
});

describe('a comparison with the registry', () => {
  const takeIn = (key: ArtifactKey, tag: string, seenAt = new Date().toISOString()) =>
    createReconcileBook(own.db, harbour.policies).takeIn({ ...key, tag, mediaType: 'x', seenAt });

  test('takes in what was missed, once', async () => {
    const key = fresh();
    expect(await takeIn(key, 'missed')).toBe(1);
    expect(await takeIn(key, 'missed')).toBeUndefined();
  });

  test('takes in a tag that came back to what it named before', async () => {
    const [first, second] = [fresh(), fresh()];
    await takeIn(first, 'back');
    await takeIn(second, 'back');
    await harbour.generations.conclude({ ...first, generation: 1 }, { joined: 9, outcome: 'judged', reason: '' });
    expect(await takeIn(first, 'back')).toBe(2);
    expect(await takeIn(first, 'back')).toBeUndefined();
  });

  test('does not move back a tag that was pushed while it looked', async () => {
    const [seen, pushed] = [fresh(), fresh()];
    const seenAt = new Date().toISOString();
    await sql`select pg_sleep(0.01)`.execute(own.db);
    await accept(pushed, randomUUID(), 'meanwhile');
    await takeIn(seen, 'meanwhile', seenAt);
    const { rows } = await sql`select digest from tag where tag = 'meanwhile'`.execute(own.db);
    expect(rows).toEqual([{ digest: pushed.digest }]);
  });

  test('moves a tag that an earlier look came too late for, by the clock of the database', async () => {
    const [pushed, missed] = [fresh(), fresh()];
    const { clock } = createReconcileBook(own.db, harbour.policies);
    const before = await clock();
    // Pushes are told to the millisecond.
    await sql`select pg_sleep(0.01)`.execute(own.db);
    await accept(pushed, randomUUID(), 'too-late');
    await sql`select pg_sleep(0.01)`.execute(own.db);
    expect(await takeIn(missed, 'too-late', before)).toBe(1);
    expect(await takeIn(missed, 'too-late', await clock())).toBe(1);
    const { rows } = await sql`select digest from tag where tag = 'too-late'`.execute(own.db);
    expect(rows).toEqual([{ digest: missed.digest }]);
    expect(await takeIn(missed, 'too-late', await clock())).toBeUndefined();
    const { rows: moves } = await sql`select detail ->> 'to' as to from finding
      where kind = 'tag-moved' and detail ->> 'tag' = 'too-late' order by id`.execute(own.db);
    expect(moves).toEqual([{ to: pushed.digest }, { to: missed.digest }]);
  });

  test('leaves alone what we pushed', async () => {
    const key = fresh();
    await createPushIntents(own.db)(key.repository, key.digest, 'ours');
    expect(await takeIn(key, 'ours')).toBeUndefined();
  });

  test('takes in what somebody tagged of what we pushed', async () => {
    const key = fresh();
    await createPushIntents(own.db)(key.repository, key.digest, 'ours');
    expect(await takeIn(key, 'theirs')).toBe(1);
  });

  test('each run is reported', async () => {
    const { report } = createReconcileBook(own.db, harbour.policies);
    const found = { repositories: 1, tags: 2, missed: [] };
    await report(found, 'system', 'first');
    await report({ ...found, tags: 3 }, 'olga', 'second');
    // Its activity was tried again after it had reported.
    await report({ ...found, tags: 4 }, 'olga', 'second');
    expect(await harbour.eventsOf('reconcile')).toHaveLength(2);
    expect(await readLastReconcile(own.db)).toEqual({
      ...{ at: expect.any(String) as string, by: 'olga' },
      report: { ...found, tags: 3 },
    });
    expect(await readReconcileReport(own.db, 'first')).toEqual(found);
    expect(await readReconcileReport(own.db, 'third')).toBeUndefined();
  });
});
