/** An environment gets another repository in the policy: what was live in it goes there, as it was. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

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
