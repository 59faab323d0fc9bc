/** Advisories that were missing, or old, and come in: what waits because its scan was not fresh is judged again. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { generationsOf, harbour, hold, own, publish, rescan, standOnRescans } from './rescan-stage.ts';

standOnRescans();

const elsewhere = {
  affected: [{ package: { ecosystem: 'npm', name: 'elsewhere' }, ranges: [], versions: ['1.0.0'] }],
};

let imported = 0;

/** Waits for approval in prod, by a verdict whose scan was not fresh. */
async function waitingUnfresh(label: string): Promise<ArtifactKey> {
  const key = await hold(label);
  await harbour.waitingForProd(key);
  await say(key, 'unknown');
  return key;
}

const say = (key: ArtifactKey, verdict: string) =>
  sql`update verdict set evaluated_at = clock_timestamp(),
        body = jsonb_set(body, '{gates}', ${JSON.stringify([{ gate: 'scan-fresh', verdict }])}::jsonb)
      where digest = ${key.digest} and environment = 'prod'`.execute(own.db);
const feedIsOld = () => sql`update advisory_feed_time set synced_at = now() - interval '3 days'`.execute(own.db);
const wanted = async () =>
  (await sql<{ one: number }>`select 1 as one from workflow_request where workflow_id like 'rescan%'`.execute(own.db))
    .rows.length;

/** Whether a rescan after an import of something else has its promotion looked at again. */
async function isAskedAgain({ repository, digest }: ArtifactKey): Promise<boolean> {
  await sql`delete from workflow_wake`.execute(own.db);
  imported += 1;
  await publish(`GHSA-elsewhere-${imported}`, elsewhere);
  await rescan();
  const id = `promotion/prod/${repository}@${digest}`;
  return (await sql`select 1 from workflow_wake where workflow_id = ${id}`.execute(own.db)).rows.length > 0;
}

test('for the first time, or after a gap: once each', async () => {
  const key = await waitingUnfresh('unfresh');
  expect(await isAskedAgain(key)).toBe(true);
  expect(await generationsOf(key)).toEqual(['push', 'advisories']);
  // Judged again, and still unknown for want of something else.
  await say(key, 'unknown');
  expect(await isAskedAgain(key)).toBe(false);
  await feedIsOld();
  expect(await isAskedAgain(key)).toBe(true);
});

test('also where the decision is one that came back, whose row is older than the one between', async () => {
  const key = await waitingUnfresh('came back');
  await harbour.judge(key, 'prod', { decision: 'fresh meanwhile', ageSeconds: 3600 });
  await sql`update verdict set evaluated_at = clock_timestamp() where id =
    (select min(id) from verdict where digest = ${key.digest} and environment = 'prod')`.execute(own.db);
  await feedIsOld();
  expect(await isAskedAgain(key)).toBe(true);
});

test('what was fresh is left alone', async () => {
  const key = await waitingUnfresh('fresh');
  await say(key, 'pass');
  await feedIsOld();
  expect(await isAskedAgain(key)).toBe(false);
  expect(await generationsOf(key)).toEqual(['push']);
});

test('a feed that says nothing new asks for a rescan where it was old, and for none where it was not', async () => {
  const imports = createAdvisoryImports(own.db);
  const feed = { address: 'https://feeds.example/npm/all.zip', state: {} };
  await publish('GHSA-named', elsewhere);
  await imports.confirm(feed);
  await sql`delete from workflow_request`.execute(own.db);
  await imports.confirm(feed);
  expect(await wanted()).toBe(0);
  await feedIsOld();
  await imports.confirm(feed);
  expect(await wanted()).toBe(1);
});
