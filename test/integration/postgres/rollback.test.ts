/** Going back to an older build, and what keeps it there. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { previewObstacles } from '../../../adapters/postgres/preview-promotion.ts';
import { openNewGenerations } from '../../../adapters/postgres/regenerate.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { migrations } from '../../../infra/migrations/list.ts';
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

const environments = ['dev', 'staging', 'prod'] as const;

/** What `latest` of the repository names in each environment, by the build's name. */
async function latest(repository: string, builds: Readonly<Record<string, ArtifactKey>>) {
  const { rows } = await sql<{ environment: string; digest: string }>`
    select environment, digest from channel where tag = 'latest' and destination = environment || '/' || ${repository}`.execute(
    own.db,
  );
  const nameOf = (digest: string) => Object.keys(builds).find((name) => builds[name]?.digest === digest);
  return Object.fromEntries(rows.map(({ environment, digest }) => [environment, nameOf(digest)]));
}

/** Pushed as `latest` and live everywhere, the older one first. */
async function builds(repository: string) {
  const [older, newer] = ['older', 'newer'].map((name) => ({ repository, digest: digestOf(`${name} ${repository}`) }));
  if (older === undefined || newer === undefined) throw new Error('unreachable');
  for (const key of [older, newer]) {
    let next = await harbour.liveInDev(key, { tag: 'latest' });
    for (const environment of ['staging', 'prod']) {
      await harbour.judge(key, environment);
      next = await harbour.enter(next);
    }
  }
  return { older, newer };
}

async function goBack(key: ArtifactKey, to: readonly string[] = environments): Promise<void> {
  for (const environment of to) {
    const asked = { environment, key, tag: 'latest', rollback: true, actor: 'ops' };
    const [start] = await harbour.requestByPerson(asked);
    if (start === undefined) throw new Error(`nothing was asked for in ${environment}`);
    await harbour.enter(start.key);
  }
}

/** Judged again, as after a policy, and asked for as its pipeline does. */
async function judgedAgain(key: ArtifactKey) {
  await openNewGenerations(own.db, 'policy');
  const { generation } = await own.db
    .selectFrom('generation')
    .select('generation')
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('state', '<>', 'closed')
    .executeTakeFirstOrThrow();
  const starts = await harbour.promotions.requestFirst(key, generation);
  await harbour.generations.conclude({ ...key, generation }, { joined: 9, outcome: 'judged', reason: '' });
  return starts;
}

test('what somebody went back from does not come back by itself, whatever it is judged again for', async () => {
  const { older, newer } = await builds('held');
  await goBack(older);
  expect(await judgedAgain(newer)).toEqual([]);
  expect(await latest('held', { older, newer })).toEqual({ dev: 'older', staging: 'older', prod: 'older' });
});

test('it comes back where a person asks for it, and only there', async () => {
  const { older, newer } = await builds('asked');
  await goBack(older);
  const asked = { environment: 'dev', key: newer, tag: 'latest', rollback: false, actor: 'ops' };
  const [start] = await harbour.requestByPerson(asked);
  expect(await harbour.promotions.reserve(start!.key, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
  expect(await harbour.promotions.goLive(start!.key)).toMatchObject({ outcome: 'live', next: [] });
  expect(await latest('asked', { older, newer })).toEqual({ dev: 'newer', staging: 'older', prod: 'older' });
});

test('it comes back everywhere where it is pushed again', async () => {
  const { older, newer } = await builds('pushed');
  await goBack(older);
  const { generation } = await harbour.push(newer, { tag: 'latest' });
  let [next] = (await harbour.promotions.requestFirst(newer, generation)).map(({ key }) => key);
  for (const environment of environments) {
    await harbour.judge(newer, environment, { generation });
    next = await harbour.enter(next!);
  }
  expect(await latest('pushed', { older, newer })).toEqual({ dev: 'newer', staging: 'newer', prod: 'newer' });
});

test('what is being copied by itself while somebody goes back does not go live', async () => {
  const { older, newer } = await builds('copied');
  // Asked for by itself, under a tag that names nothing yet.
  const { generation } = await harbour.push(newer, { tag: 'next' });
  await harbour.judge(newer, 'dev', { generation });
  const [start] = await harbour.promotions.requestFirst(newer, generation);
  await sql`update promotion set tag = 'latest', build_order = (select build_order from channel
    where environment = 'dev' and destination = 'dev/copied' and tag = 'latest') where digest = ${newer.digest} and generation = 2`.execute(
    own.db,
  );
  await harbour.promotions.reserve(start!.key, LEASE_SECONDS);
  await goBack(older, ['dev']);
  expect(await harbour.promotions.goLive(start!.key)).toMatchObject({
    outcome: 'refused',
    state: 'superseded',
    reason: expect.stringContaining('latest: somebody went back from build'),
  });
});

test('what soaks, waits or is copied on its way from there is ended, and only asked for by a person', async () => {
  const { older } = await builds('soaking');
  const newer = { repository: 'soaking', digest: digestOf('a newer one that soaks') };
  const staging = await harbour.liveInDev(newer, { tag: 'latest' });
  await harbour.judge(newer, 'staging');
  const prod = await harbour.enter(staging);
  await harbour.judge(newer, 'prod');
  expect(await harbour.promotions.reserve(prod, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
  const [back] = await harbour.requestByPerson({ environment: 'staging', key: older, rollback: true, actor: 'ops' });
  await harbour.promotions.reserve(back!.key, LEASE_SECONDS);
  expect(await harbour.promotions.goLive(back!.key)).toMatchObject({
    outcome: 'live',
    wake: [`promotion/prod/soaking@${newer.digest}`],
  });
  const reason = `somebody went back from it in staging: latest names ${older.digest} there`;
  expect(await harbour.promotions.goLive(prod)).toEqual({ outcome: 'refused', state: 'cancelled', reason });
  expect(await harbour.promotions.reserve(prod, LEASE_SECONDS)).toMatchObject({ state: 'superseded', reason });
  expect(await judgedAgain(newer)).toEqual([]);
  expect(
    await harbour.requestByPerson({ environment: 'prod', key: newer, rollback: false, actor: 'ops' }),
  ).toHaveLength(1);
});

test('what was gone back from before this release is known after it', async () => {
  const { older, newer } = await builds('before');
  await goBack(older);
  await sql`alter table channel drop column newest_order`.execute(own.db);
  await migrations['0180-newest-build']?.up(own.db);
  expect(await judgedAgain(newer)).toEqual([]);
});

test('to go back by digest moves the tag that the build lost there, whatever else it is called', async () => {
  const { older, newer } = await builds('by-digest');
  await harbour.push(older, { tag: 'v1' });
  for (const environment of environments) {
    const [start] = await harbour.requestByPerson({ environment, key: older, rollback: true, actor: 'ops' });
    await harbour.enter(start!.key);
  }
  expect(await latest('by-digest', { older, newer })).toEqual({ dev: 'older', staging: 'older', prod: 'older' });
});

test('where nobody can tell which tag is to go back, one is asked for', async () => {
  const [older, newer] = ['older', 'newer'].map((name) => ({
    repository: 'untold',
    digest: digestOf(`untold ${name}`),
  }));
  for (const key of [older!, newer!]) await harbour.push(key, { tag: 'latest' });
  const asked = { environment: 'prod', key: older!, rollback: true, actor: 'ops' };
  const reason = `nobody can tell which tag of prod is to go back: ask for untold:TAG@${older!.digest}`;
  await expect(harbour.requestByPerson(asked)).rejects.toThrow(reason);
  expect(await previewObstacles(own.db, await harbour.policies.current(), asked)).toMatchObject([{ reason }]);
});

test('pushed again while it is judged, it is the newest build: its tag goes back to it, also where it waits already', async () => {
  const repository = 'pushed-back';
  const [older, newer] = ['older', 'newer'].map((name) => ({ repository, digest: digestOf(`pushed back ${name}`) }));
  for (const key of [older!, newer!]) await harbour.liveInDev(key, { tag: 'latest' });
  await openNewGenerations(own.db, 'policy');
  // Asked for by a person, as the build it was before.
  const asked = { environment: 'dev', key: older!, tag: 'latest', rollback: false, actor: 'ops' };
  const [start] = await harbour.requestByPerson(asked);
  const { generation } = await harbour.push(older!, { tag: 'latest' });
  expect(generation).toBe(2);
  expect(await harbour.promotions.requestFirst(older!, generation)).toEqual([]);
  await harbour.judge(older!, 'dev', { generation });
  await harbour.enter(start!.key);
  const { rows } = await sql`select digest from channel where destination = ${`dev/${repository}`}`.execute(own.db);
  expect(rows).toEqual([{ digest: older!.digest }]);
});
