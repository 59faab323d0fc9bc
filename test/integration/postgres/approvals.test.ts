import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPromotion } from '../../../adapters/postgres/read-promotions.ts';
import { readTimeline } from '../../../adapters/postgres/read-timeline.ts';
import { readVerdicts } from '../../../adapters/postgres/read-verdicts.ts';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { PromotionKey } from '../../../domain/promotion/promotion-book.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(
    policyText(1, { prod: ', approvals: { required: 2, groups: [release], remindAfter: PT30M, expiresAfter: PT1H }' }),
    'policy.yaml',
    'test',
  );
  await sql`insert into principal (subject) values ('ann'), ('ben'), ('cas'), ('dora')`.execute(own.db);
  await sql`insert into principal_alias (kind, value, subject) values ('commit-signer', 'dora@example.com', 'dora')`.execute(
    own.db,
  );
});
afterAll(() => own.drop());

/** Waits for prod, committed by somebody who is a principal. */
async function waiting(): Promise<PromotionKey> {
  count += 1;
  const key: ArtifactKey = { repository: 'shop', digest: digestOf(`approved ${count}`) };
  await sql`insert into artifact_fact (digest, kind, value) values (${key.digest}, 'committer', 'dora@example.com')`.execute(
    own.db,
  );
  return harbour.waitingForProd(key);
}

const decide = (key: PromotionKey, principal: string, verb: 'approve' | 'reject' = 'approve', groups = ['release']) =>
  harbour.promotions.decide(key, { verb, reason: 'looked at it', decider: { principal, groups } });
const reserve = (key: PromotionKey) => harbour.promotions.reserve(key, LEASE_SECONDS);

test('what it waits for is told as data, and no longer once it has gone on', async () => {
  const key = await waiting();
  const told = async () => (await readPromotion(own.db, 'prod', key))?.waitingFor;
  const approvals = { given: 0, required: 2, groups: ['release'] };
  await reserve(key);
  expect(await told()).toEqual({ for: 'approval', until: expect.any(String), approvals, environments: [] });
  // As a worker left it that knew the sentence alone.
  await sql`update promotion set waiting_for = null where digest = ${key.digest}`.execute(own.db);
  await reserve(key);
  expect(await told()).toMatchObject({ approvals });
  await decide(key, 'ann');
  await reserve(key);
  expect(await told()).toMatchObject({ approvals: { given: 1 } });
  await decide(key, 'ben');
  await reserve(key);
  expect(await told()).toBeNull();
});

test('a quorum of different people lets it in', async () => {
  const key = await waiting();
  expect(await reserve(key)).toMatchObject({ outcome: 'waiting', for: 'approval' });
  expect(await decide(key, 'ann')).toMatchObject({ outcome: 'counted', state: 'waiting' });
  expect(await decide(key, 'ann')).toMatchObject({ outcome: 'counted', state: 'waiting' });
  expect(await reserve(key)).toMatchObject({
    outcome: 'waiting',
    reason: 'waits for 1 more approval from release (1 of 2 given)',
  });
  expect(await decide(key, 'ben')).toMatchObject({ outcome: 'counted', state: 'satisfied' });
  expect(await reserve(key)).toMatchObject({ outcome: 'reserved' });
  expect(await decide(key, 'cas', 'reject')).toMatchObject({
    outcome: 'refused',
    reason: 'the promotion is reserved: there is nothing to decide',
  });
  expect(await harbour.promotions.goLive(key)).toMatchObject({ outcome: 'live' });
});

test('the committer does not count, by whatever name they signed', async () => {
  const key = await waiting();
  expect(await decide(key, 'dora')).toEqual({
    outcome: 'refused',
    reason: 'dora committed the source: somebody else must approve',
  });
  const types = (await harbour.eventsOf(`shop@${key.digest}`)).map(({ type }) => type);
  expect(types).toContain('promotion.approval-refused');
});

test('where one committer is nobody we know, nobody counts', async () => {
  const key = await waiting();
  await sql`insert into artifact_fact (digest, kind, value) values (${key.digest}, 'committer', 'stranger@example.com')`.execute(
    own.db,
  );
  expect(await decide(key, 'ann')).toMatchObject({ outcome: 'refused' });
});

test('who asked for the promotion does not count', async () => {
  const key = await waiting();
  await harbour.promotions.end(key, { state: 'cancelled', reason: 'test' });
  const row = { tag: null, build_order: 1, rollback: false, requested_by: 'ann', trace: null };
  const [again] = await harbour.request({ environment: 'prod', key, row });
  expect(await decide(again!.key, 'ann')).toMatchObject({
    outcome: 'refused',
    reason: 'ann asked for it: somebody else must approve',
  });
  expect(await decide(again!.key, 'ben')).toMatchObject({ outcome: 'counted' });
});

test.each(['approve', 'reject'] as const)('nobody outside the groups may %s', async (verb) => {
  const key = await waiting();
  expect(await decide(key, 'ann', verb, ['visitors'])).toEqual({
    outcome: 'refused',
    reason: 'ann is in none of the groups release',
  });
  expect(await reserve(key)).toMatchObject({ outcome: 'waiting' });
});

test('a changed decision leaves approvals of the old one behind; the same decision again keeps them', async () => {
  const key = await waiting();
  await decide(key, 'ann');
  await harbour.judge(key, 'prod');
  await decide(key, 'ben');
  expect(await reserve(key)).toMatchObject({ outcome: 'reserved' });
  const other = await waiting();
  await decide(other, 'ann');
  await harbour.judge(other, 'prod', { decision: 'one finding more' });
  await decide(other, 'ben');
  expect(await reserve(other)).toMatchObject({ outcome: 'waiting', for: 'approval' });
});

test('an approval of another decision than the one that is asked for is not counted, and says what changed', async () => {
  const key = await waiting();
  const seen = (await readPromotion(own.db, 'prod', key))?.decisionDigest;
  const approve = (decision: string | null | undefined) =>
    harbour.promotions.decide(key, {
      verb: 'approve',
      reason: 'looked at it',
      decision: decision ?? 'none',
      decider: { principal: 'ann', groups: ['release'] },
    });
  await harbour.judge(key, 'prod', { decision: 'one finding more', admitted: false });
  const now = (await readPromotion(own.db, 'prod', key))?.decisionDigest;
  expect(await approve(seen)).toEqual({
    outcome: 'changed',
    reason: 'digest was pass (the same), and is fail (another one)',
    decision: now,
  });
  expect(await approve(digestOf('somebody made it up'))).toMatchObject({
    outcome: 'changed',
    reason: 'that is no decision about this artifact and environment',
  });
  expect((await readPromotion(own.db, 'prod', key))?.approvals).toEqual([]);
  expect(await approve(now)).toMatchObject({ outcome: 'counted' });
  expect((await readPromotion(own.db, 'prod', key))?.approvals).toMatchObject([{ principal: 'ann', current: true }]);
});

test('what is shown of an environment is the decision that is asked for, also where an earlier one came back', async () => {
  const key = await waiting();
  const judge = (decision: string, ageSeconds: number) => harbour.judge(key, 'prod', { decision, ageSeconds });
  await judge('as it was', 30);
  await judge('one finding more', 20);
  await judge('as it was', -1);
  const shown = (await readVerdicts(own.db, key)).find(({ environment }) => environment === 'prod');
  expect(shown?.decisionDigest).toBe(digestOf('as it was'));
  expect((await readPromotion(own.db, 'prod', key))?.decisionDigest).toBe(shown?.decisionDigest);
});

test('the life of a request begins when people are waited for, not while it waits for another environment', async () => {
  count += 1;
  const key: ArtifactKey = { repository: 'shop', digest: digestOf(`approved ${count}`) };
  const staging = await harbour.liveInDev(key);
  const row = { tag: null, build_order: 1, rollback: false, requested_by: 'system', trace: null };
  const [start] = await harbour.request({ environment: 'prod', key, row });
  const prod = start!.key;
  const minutesAgo = (column: 'requested_at' | 'asked_at', minutes: number) =>
    sql`update promotion set ${sql.ref(column)} = now() - make_interval(mins => ${minutes})
      where digest = ${key.digest} and environment = 'prod'`.execute(own.db);
  await harbour.judge(key, 'prod');
  expect(await reserve(prod)).toMatchObject({ outcome: 'waiting', for: 'previous-environment' });
  await minutesAgo('requested_at', 600);
  await harbour.judge(key, 'staging');
  await harbour.enter(staging);
  const asked = await reserve(prod);
  expect(asked).toMatchObject({ outcome: 'waiting', for: 'approval', until: expect.any(String) });
  const minutesLeft = (Date.parse((asked as { until: string }).until) - Date.now()) / 60_000;
  expect(minutesLeft).toBeGreaterThan(55);
  expect(await reserve(prod)).toMatchObject(asked);
  await minutesAgo('asked_at', 59);
  expect(await reserve(prod)).toMatchObject({ outcome: 'waiting', for: 'approval' });
  await minutesAgo('asked_at', 61);
  expect(await reserve(prod)).toMatchObject({ outcome: 'ended', state: 'expired' });
});

test('approvals die with the time the policy gives them', async () => {
  const key = await waiting();
  await reserve(key);
  await decide(key, 'ann');
  await decide(key, 'ben');
  await sql`update approval set at = at - interval '61 minutes' where digest = ${key.digest}`.execute(own.db);
  await sql`update promotion set asked_at = asked_at - interval '62 minutes' where digest = ${key.digest}`.execute(
    own.db,
  );
  expect(await reserve(key)).toMatchObject({ outcome: 'ended', state: 'expired' });
  expect(await harbour.stateOf(key)).toBe('expired');
});

test('one rejection ends it; asked for again, everybody decides again', async () => {
  const key = await waiting();
  await decide(key, 'ann');
  expect(await decide(key, 'ben', 'reject')).toMatchObject({ outcome: 'counted', state: 'rejected' });
  expect(await reserve(key)).toMatchObject({ outcome: 'ended', state: 'rejected' });
  const row = { tag: null, build_order: 1, rollback: false, requested_by: 'system', trace: null };
  // Nobody is asked anew because it is judged again.
  expect(await harbour.request({ environment: 'prod', key, row })).toEqual([]);
  const [again] = await harbour.request({ environment: 'prod', key, row: { ...row, requested_by: 'ops' } });
  expect(await reserve(again!.key)).toMatchObject({
    outcome: 'waiting',
    reason: 'waits for 2 more approvals from release (0 of 2 given)',
  });
  // What was approved before counts no more, whoever takes their rejection back.
  expect(await decide(again!.key, 'ben')).toMatchObject({ state: 'waiting' });
  expect(await decide(again!.key, 'cas')).toMatchObject({ state: 'satisfied' });
  expect(await reserve(again!.key)).toMatchObject({ outcome: 'reserved' });
});

test('one rejection ends what waits for another environment, too: no later decision forgets it', async () => {
  count += 1;
  const key: ArtifactKey = { repository: 'shop', digest: digestOf(`approved ${count}`) };
  await harbour.liveInDev(key);
  const row = { tag: null, build_order: 1, rollback: false, requested_by: 'system', trace: null };
  const [start] = await harbour.request({ environment: 'prod', key, row });
  await harbour.judge(key, 'prod');
  expect(await reserve(start!.key)).toMatchObject({ outcome: 'waiting', for: 'previous-environment' });
  expect(await decide(start!.key, 'ben', 'reject')).toMatchObject({ outcome: 'counted', state: 'rejected' });
  expect(await harbour.stateOf(start!.key)).toBe('rejected');
  await harbour.judge(key, 'prod', { decision: 'one finding less' });
  expect(await reserve(start!.key)).toMatchObject({ outcome: 'ended', state: 'rejected' });
});

test('a rejection that is being written is seen by the reservation that waits for it', async () => {
  const key = await waiting();
  await decide(key, 'ann');
  await decide(key, 'ben');
  // The decider holds the row; the reservation has its other locks and must not have looked at approvals yet.
  const held = await heldTransaction(own.db, async (trx) => {
    await sql`select 1 from promotion where digest = ${key.digest} and environment = 'prod' for no key update`.execute(
      trx,
    );
    await sql`update approval set verb = 'reject' where digest = ${key.digest} and principal = 'ben'`.execute(trx);
  });
  const reserving = reserve(key);
  await own.blocked(1);
  await held.commit();
  expect(await reserving).toMatchObject({ outcome: 'ended', state: 'rejected' });
});

describe('a quarantine', () => {
  const incident = async (digest: Digest) =>
    harbour.incidents.open({ selector: { kind: 'digest', value: digest }, reason: 'suspected', actor: 'cas' });
  const letOut = async (digest: Digest) => {
    const asked = await harbour.incidents.requestRelease({ digest, reason: 'clean', actor: 'ann' });
    const request = asked.outcome === 'waiting' ? asked.request : '';
    await harbour.incidents.decideRelease({ request, verb: 'approve', reason: 'agreed', actor: 'ben' });
  };
  const askAgain = async (key: PromotionKey) => {
    const row = { tag: null, build_order: 1, rollback: false, requested_by: 'system', trace: null };
    const [again] = await harbour.request({ environment: 'prod', key, row });
    return again!.key;
  };

  test('kills the approvals given before it, though the decision is the same after the release', async () => {
    const key = await waiting();
    await decide(key, 'ann');
    await decide(key, 'ben');
    await incident(key.digest);
    await letOut(key.digest);
    const again = await askAgain(key);
    expect(await reserve(again)).toMatchObject({
      outcome: 'waiting',
      reason: 'waits for 2 more approvals from release (0 of 2 given)',
    });
    // Who approved before decides again, and counts.
    await decide(again, 'ann');
    expect(await decide(again, 'cas')).toMatchObject({ outcome: 'counted', state: 'satisfied' });
    expect(await reserve(again)).toMatchObject({ outcome: 'reserved' });
  });

  test('kills the one that is being written while the incident opens', async () => {
    const key = await waiting();
    const held = await heldTransaction(own.db, async (trx) => {
      await sql`select 1 from promotion where digest = ${key.digest} and environment = 'prod' for no key update`.execute(
        trx,
      );
      await sql`insert into approval (environment, repository, digest, decision_digest, principal, groups, verb, reason)
        values ('prod', 'shop', ${key.digest}, 'sha256:any', 'ann', '["release"]', 'approve', 'late')`.execute(trx);
    });
    const opening = incident(key.digest);
    await own.blocked(1);
    await held.commit();
    const { id } = await opening;
    const { rows } = await sql`select voided_by from approval where digest = ${key.digest}`.execute(own.db);
    expect(rows).toEqual([{ voided_by: id }]);
  });

  test('that stands refuses whoever would approve what was asked for meanwhile', async () => {
    const key = await waiting();
    const { id } = await incident(key.digest);
    const again = await askAgain(key);
    expect(await decide(again, 'ann')).toEqual({
      outcome: 'refused',
      reason: `quarantined by incident ${id}: suspected`,
    });
  });
});

test('who pushed it, as the registry tells, does not approve it, by whatever subject of theirs', async () => {
  const key = await waiting();
  await sql`insert into principal_alias (kind, value, subject) values ('subject', 'robot-ann', 'ann') on conflict do nothing`.execute(
    own.db,
  );
  const pushed = {
    kind: 'artifact-pushed',
    mediaType: mediaTypes.ociManifest,
    source: '/registry/test',
    actor: 'robot-ann',
  } as const;
  const event = { ...pushed, ...key, id: randomUUID(), occurredAt: new Date().toISOString() };
  await harbour.intake.accept({ event, key, cause: 'push' });
  expect(await decide(key, 'ann')).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('pushed the artifact'),
  });
  expect(await decide(key, 'ben')).toMatchObject({ outcome: 'counted' });
  const { items } = await readTimeline(own.db, key, { after: undefined, limit: 100 });
  expect(items).toContainEqual(expect.objectContaining({ type: 'artifact-pushed', actor: 'robot-ann' }));
});

test('who attaches evidence to it may approve it, and what they approved before counts', async () => {
  const key = await waiting();
  expect(await decide(key, 'ann')).toMatchObject({ outcome: 'counted', state: 'waiting' });
  const about = { kind: 'artifact-pushed', mediaType: mediaTypes.ociManifest, source: '/registry/test' } as const;
  const signature = { repository: key.repository, digest: digestOf(`signature of ${key.digest}`) };
  for (const actor of ['ann', 'ben']) {
    const event = { ...about, ...signature, actor, id: randomUUID(), occurredAt: new Date().toISOString() };
    await harbour.intake.accept({ event, key, cause: 'evidence' });
  }
  expect(await decide(key, 'ben')).toMatchObject({ outcome: 'counted', state: 'satisfied' });
});
