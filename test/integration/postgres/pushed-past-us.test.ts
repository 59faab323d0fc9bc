/** What lies in an environment though no promotion put it there is taken out as what one did. */
import { randomUUID } from 'node:crypto';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createQuarantineActivities } from '../../../activities/quarantine.ts';
import { createUnkeptBook } from '../../../adapters/postgres/unkept-book.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { RegistryError } from '../../../domain/artifact/registry.ts';
import type { Holding } from '../../../domain/incident/quarantine-book.ts';
import { handleIntakeEvent } from '../../../services/dispatcher/handle-intake-event.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, buildIndex, manifestBytes, pushImage, type TestImage } from '../../images.ts';
import { createHarbour, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
const { registry } = createMemoryRegistry();
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

const imageOf = (name: string) => buildImage({ layers: [{ files: { app: name } }] });

async function lay(repository: string, image: TestImage, tag: string): Promise<Digest> {
  const digest = await pushImage(registry, repository, image);
  await registry.putManifest(repository, tag, manifestBytes(image), image.top.mediaType);
  return digest;
}

/** Pushed with a stolen hand: the registry tells of it. */
async function layPastUs(repository: string, image: TestImage, tag = '1.0'): Promise<Digest> {
  const digest = await lay(repository, image, tag);
  await handleIntakeEvent(
    { ledger: harbour.intake, policies: harbour.policies, registry, startPipeline: async () => undefined },
    {
      ...{ kind: 'artifact-pushed', id: randomUUID(), source: '/registries/test', actor: 'mallory' },
      ...{ occurredAt: new Date().toISOString(), repository, digest, tag, mediaType: image.top.mediaType },
    },
    undefined,
  );
  return digest;
}

const openOn = async (digest: Digest): Promise<string> =>
  (
    await harbour.incidents.open({
      ...{ selector: { kind: 'digest', value: digest }, reason: 'planted', actor: 'responder' },
    })
  ).id;

/** Its quarantine, as the workflow goes, with nothing in flight. `meanwhile`: between removing and reading back. */
async function quarantine(digest: Digest, incident: string, meanwhile: () => Promise<unknown> = async () => undefined) {
  const key = { digest, incident };
  const activities = createQuarantineActivities({
    ...{ registry, quarantines: harbour.quarantines },
    copyArtifact: ({ from, digest: copied }) =>
      Promise.reject(new RegistryError('REGISTRY_NOT_FOUND', `${from}@${copied} has no such blob`)),
  });
  const context = { info: { scheduledTimestampMs: Date.now() }, heartbeat: () => undefined } as unknown as Context;
  const holdings = await activities.holdings(key);
  for (const holding of holdings) await asyncLocalStorage.run(context, () => activities.removeFrom(key, holding));
  await meanwhile();
  const { clean, seen } = await activities.readBack(key, holdings);
  if (clean) await activities.confirm(key, { readBacks: 2, environments: holdings.map((one) => one.environment) });
  if (clean) await activities.contain(incident);
  return { places: holdings.map(({ destination }) => destination), seen };
}

const stateOf = async (incident: string) =>
  (await own.db.selectFrom('incident').select('state').where('id', '=', incident).executeTakeFirstOrThrow()).state;
const isServed = async (repository: string, reference: string) =>
  (await registry.resolve(repository, reference)) !== undefined;

test('an incident on what somebody pushed to an environment takes it out, as often as it is pushed there', async () => {
  const image = await imageOf('planted');
  const digest = await layPastUs('prod/shop', image);
  const incident = await openOn(digest);
  expect(await quarantine(digest, incident)).toEqual({ places: ['prod/shop'], seen: [] });
  expect(await isServed('prod/shop', '1.0')).toBe(false);
  expect(await stateOf(incident)).toBe('contained');
  const { rows } = await sql`
    select data from outbox where subject = ${`shop@${digest}`} and type = 'artifact.removed'`.execute(own.db);
  expect(rows).toMatchObject([{ data: { environment: 'prod', from: 'prod/shop' } }]);

  await layPastUs('prod/shop', image, 'again');
  // Where it never was before: known by what the registry told.
  await layPastUs('dev/another', image);
  expect(await stateOf(incident)).toBe('open');
  expect(await quarantine(digest, incident)).toEqual({ places: ['prod/shop', 'dev/another'].toSorted(), seen: [] });
  expect([await isServed('prod/shop', 'again'), await isServed('dev/another', '1.0')]).toEqual([false, false]);
  expect(await stateOf(incident)).toBe('contained');
});

test('what was fenced before anybody had it is taken out of the environment it is pushed to, and stays once it is released', async () => {
  const image = await imageOf('known to be bad');
  const incident = await openOn(image.top.digest);
  expect(await quarantine(image.top.digest, incident)).toEqual({ places: [], seen: [] });
  const digest = await layPastUs('staging/shop', image);
  expect(await quarantine(digest, incident)).toEqual({ places: ['staging/shop'], seen: [] });
  await sql`update incident_subject set state = 'released' where digest = ${digest}`.execute(own.db);
  await layPastUs('staging/shop', image);
  const { rows } = await sql`select count(*)::int as asked from workflow_request
    where workflow_id = ${`quarantine/${digest}`}`.execute(own.db);
  expect(rows).toEqual([{ asked: 2 }]);
});

test('it is looked for wherever its repositories, and those of its indexes, go: the database may not know of it', async () => {
  const child = await imageOf('let in after the backup');
  const index = buildIndex([child]);
  const { digest } = child.top;
  await harbour.push({ repository: 'lost', digest: index.top.digest }, { children: [digest] });
  await pushImage(registry, 'staging/lost', child);
  await lay('staging/lost', index, '1.0');
  // The same bytes where the policy has no environment are nobody's to take out.
  await pushImage(registry, 'lost', child);
  const incident = await openOn(digest);
  expect(await quarantine(digest, incident)).toEqual({ places: ['staging/lost'], seen: [] });
  expect([await isServed('staging/lost', digest), await isServed('lost', digest)]).toEqual([false, true]);
});

test('it is not out where it was put while it was taken out elsewhere', async () => {
  const image = await imageOf('put meanwhile');
  const digest = await layPastUs('prod/meanwhile', image);
  const incident = await openOn(digest);
  expect(await quarantine(digest, incident, () => layPastUs('dev/meanwhile', image))).toEqual({
    ...{ places: ['prod/meanwhile'], seen: [`dev/meanwhile@${digest}`] },
  });
  expect(await stateOf(incident)).toBe('open');
});

test('what a live index needs of one that was pushed past us stays', async () => {
  const [shared, other] = await Promise.all([imageOf('shared'), imageOf('planted beside it')]);
  const live = buildIndex([shared]);
  await harbour.liveInDev({ repository: 'both', digest: live.top.digest }, { children: [shared.top.digest] });
  await pushImage(registry, 'dev/both', live);
  const planted = buildIndex([shared, other]);
  for (const image of [shared, other]) await pushImage(registry, 'dev/both', image);
  const digest = await layPastUs('dev/both', planted);
  await quarantine(digest, await openOn(digest));
  const served = [live.top.digest, shared.top.digest, digest, other.top.digest].map((one) => isServed('dev/both', one));
  expect(await Promise.all(served)).toEqual([true, true, false, false]);
});

test('a copy that could not be kept of it is owed as any other', async () => {
  const digest = await layPastUs('prod/owed', await imageOf('owed'));
  const incident = await openOn(digest);
  await quarantine(digest, incident);
  const owed = await createUnkeptBook(own.db, harbour.quarantines).unkept(100);
  const place: Holding = {
    ...{ environment: 'prod', destination: 'prod/owed', repository: 'owed', quarantine: 'quarantine/owed' },
  };
  expect(owed.filter((one) => one.digest === digest)).toMatchObject([place]);
});
