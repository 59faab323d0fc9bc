/** `promote --dry-run` says what the promotion itself would be told, and leaves nothing. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { previewObstacles } from '../../../adapters/postgres/preview-promotion.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1, { prod: '' }), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

function fresh(name = 'artifact'): ArtifactKey {
  count += 1;
  return { repository: `shop-${count}`, digest: digestOf(`${name} ${count}`) };
}

type Lay = () => Promise<ArtifactKey>;
const cases: readonly (readonly [title: string, lay: Lay])[] = [
  [
    'an index with something denied inside',
    async () => {
      const child = fresh('child');
      const index = { ...fresh('index'), repository: child.repository };
      await harbour.push(child);
      await harbour.push(index, { children: [child.digest] });
      await harbour.judge(index, 'dev');
      const selector = { kind: 'digest', value: child.digest } as const;
      await sql`insert into incident (id, selector, reason, opened_by, state) values (${`inc-${count}`}, ${JSON.stringify(selector)}, 'x', 'ada', 'closed')`.execute(
        own.db,
      );
      await sql`insert into deny_entry (digest, incident, reason) values (${child.digest}, ${`inc-${count}`}, 'stays out')`.execute(
        own.db,
      );
      return index;
    },
  ],
  [
    'an older build than the one its tag names',
    async () => {
      const older = fresh('older');
      const newer = { ...fresh('newer'), repository: older.repository };
      await harbour.push(older, { tag: 'stable' });
      await harbour.liveInDev(newer, { tag: 'stable' });
      await sql`update tag set digest = ${older.digest}, since = now() where repository = ${older.repository} and tag = 'stable'`.execute(
        own.db,
      );
      await harbour.judge(older, 'dev');
      return older;
    },
  ],
  [
    'a verdict that is older than a day',
    async () => {
      const key = fresh();
      await harbour.push(key);
      await harbour.judge(key, 'dev', { ageSeconds: 25 * 3600 });
      return key;
    },
  ],
  [
    'what its verdict keeps out',
    async () => {
      const key = fresh();
      await harbour.push(key);
      await harbour.judge(key, 'dev', { admitted: false });
      return key;
    },
  ],
];

test.each(cases)('%s: the preview says what the reservation says', async (_, lay) => {
  const request = { key: await lay(), environment: 'dev', rollback: false, actor: 'ada' };
  const counts = () =>
    sql`select (select count(*) from promotion) as p, (select count(*) from outbox) as o, (select count(*) from workflow_request) as w`
      .execute(own.db)
      .then(({ rows }) => rows[0]);
  const before = await counts();
  const met = await previewObstacles(own.db, await harbour.policies.current(), request);
  expect(await counts()).toEqual(before);
  const [start] = await harbour.requestByPerson(request);
  const reserved = await harbour.promotions.reserve(start!.key, LEASE_SECONDS);
  expect(reserved.outcome).not.toBe('reserved');
  const { outcome, reason } = reserved as Exclude<typeof reserved, { outcome: 'reserved' }>;
  expect(met).toMatchObject([{ outcome, reason }]);
});

test('approvals that are there already count, and those that lack are told beside the rest', async () => {
  await harbour.policies.activate(
    policyText(2, { dev: ', approvals: { required: 2, notCommitter: false }' }),
    'policy.yaml',
    'test',
  );
  const key = fresh();
  const request = { key, environment: 'dev', rollback: false, actor: 'ada' };
  const reasons = async () => {
    const met = await previewObstacles(own.db, await harbour.policies.current(), request);
    return met === 'live' ? met : met.map(({ reason }) => reason);
  };
  await harbour.push(key);
  expect(await reasons()).toEqual([
    'no verdict for this environment yet',
    expect.stringContaining('waits for 2 more approvals'),
  ]);
  await harbour.judge(key, 'dev');
  const [start] = await harbour.requestByPerson(request);
  for (const [principal, left] of [
    ['bob', ['waits for 1 more approval (1 of 2 given)']],
    ['cleo', []],
  ] as const) {
    const decider = { principal, groups: [] };
    await harbour.promotions.decide(start!.key, {
      verb: 'approve',
      reason: 'ok',
      decision: undefined,
      decider,
      proof: undefined,
    });
    expect(await reasons()).toEqual(left);
  }
  await harbour.enter(start!.key);
  expect(await reasons()).toBe('live');
});
