import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createInspectActivities } from '../../../activities/inspect.ts';
import { createPipelineActivities } from '../../../activities/pipeline.ts';
import { transact } from '../../../adapters/postgres/database.ts';
import { advanceIncidentEpoch } from '../../../adapters/postgres/epoch.ts';
import { openGeneration } from '../../../adapters/postgres/intake-ledger.ts';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { RegistryReader } from '../../../domain/artifact/registry.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { Selector } from '../../../domain/incident/selector.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { fromPurl } from '../../../domain/sbom/from-purl.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText, signerOf } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;

const BASE = 'a base image that the policy lists';

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1, { rest: `baseLayers: ['${digestOf(BASE)}']` }), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

function fresh(repository = 'shop'): ArtifactKey {
  count += 1;
  return { repository, digest: digestOf(`fenced ${count}`) };
}
const open = (selector: Selector) => harbour.incidents.open({ selector, reason: 'suspected', actor: 'responder' });
const openOn = (digest: Digest) => open({ kind: 'digest', value: digest });
const sign = (signer: string, digest: Digest) => harbour.evidence.record('shop', [harbour.signedBy(signer, digest)]);

async function isFenced(digest: Digest): Promise<boolean> {
  const { rows } = await sql`select 1 from artifact_fence where digest = ${digest} and state = 'fenced'`.execute(
    own.db,
  );
  return rows.length > 0;
}

const component = (purl: string): Component =>
  ({ ...fromPurl(purl), purl, licences: [], locations: [], requires: [] }) as unknown as Component;

async function takeStock(digest: Digest, purl: string): Promise<void> {
  const stock = { components: [component(purl)], complete: true, unreadable: [] } as never;
  await harbour.stocks.record(digest, [{ digest, platform: 'linux/amd64', stock, failure: undefined }]);
}

describe('a reservation is refused', () => {
  test('for a digest that was fenced before its first push', async () => {
    const key = fresh();
    await openOn(key.digest);
    expect(await harbour.promotions.reserve(await harbour.requestDev(key), LEASE_SECONDS)).toMatchObject({
      outcome: 'ended',
      state: 'quarantined',
    });
  });

  test('for an index whose child is fenced, in either order; not for the child of a fenced parent', async () => {
    const [child, sibling, index, later] = [fresh(), fresh(), fresh(), fresh()];
    const promotion = await harbour.requestDev(index, { children: [child.digest, sibling.digest] });
    const { subjects } = await openOn(child.digest);
    expect(subjects.map(({ digest, relation }) => [digest, relation])).toEqual(
      expect.arrayContaining([
        [child.digest, 'selected'],
        [index.digest, 'parent'],
      ]),
    );
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ state: 'quarantined' });
    // An index that names it later.
    const second = await harbour.requestDev(later, { children: [child.digest] });
    expect(await harbour.promotions.reserve(second, LEASE_SECONDS)).toMatchObject({ state: 'quarantined' });
    // The sibling by itself is nobody's suspect.
    expect(await harbour.promotions.reserve(await harbour.requestDev(sibling), LEASE_SECONDS)).toMatchObject({
      outcome: 'reserved',
    });
  });

  test('for an index of indexes, the inner one of which is a child when it is looked at', async () => {
    const [leaf, inner, outer] = [fresh(), fresh(), fresh()];
    await openOn(leaf.digest);
    await harbour.push(outer, { children: [inner.digest] });
    await harbour.push(inner);
    const manifests = [{ digest: leaf.digest, mediaType: mediaTypes.ociManifest, size: 1 }];
    const stored = {
      descriptor: { mediaType: mediaTypes.ociIndex, size: 1, digest: inner.digest },
      content: { kind: 'index', index: { manifests } },
    };
    const pipeline = createPipelineActivities({
      registry: { getManifest: async () => stored } as unknown as RegistryReader,
      ...{ generations: harbour.generations, promotions: harbour.promotions, startPromotions: async () => undefined },
    });
    const { generation } = await transact(own.db, (trx) => openGeneration(trx, inner, 'policy', undefined));
    const opened = await pipeline.openGeneration({ ...inner, generation }, 'a run', false);
    expect(opened).toMatchObject({ state: 'child', parent: outer.digest });
    expect([await isFenced(inner.digest), await isFenced(outer.digest)]).toEqual([true, true]);
  });

  test('for an index of indexes of which only the outermost was looked at', async () => {
    const [leaf, inner, outer] = [fresh(), fresh(), fresh()];
    await openOn(leaf.digest);
    await harbour.push(outer, { children: [inner.digest] });
    const taken = {
      ...{ digest: leaf.digest, mediaType: mediaTypes.ociManifest, size: 1, platform: undefined, created: undefined },
      ...{ within: [outer.digest, inner.digest], config: digestOf('config'), diffIds: [], build: [] },
      stock: { components: [], unreadable: [], complete: true },
    };
    const { inspect } = createInspectActivities({
      ...{ stockTaker: { take: async () => [taken] }, stocks: harbour.stocks, generations: harbour.generations },
    });
    const context = { heartbeat: () => undefined, cancellationSignal: new AbortController().signal };
    await asyncLocalStorage.run(context as unknown as Context, () => inspect(outer));
    expect([await isFenced(inner.digest), await isFenced(outer.digest)]).toEqual([true, true]);
  });

  test('for children of a fenced index', async () => {
    const [child, index] = [fresh(), fresh()];
    await harbour.push(index, { children: [child.digest] });
    await openOn(index.digest);
    expect(await harbour.promotions.reserve(await harbour.requestDev(child), LEASE_SECONDS)).toMatchObject({
      state: 'quarantined',
    });
  });

  test.each([
    ['pushed before', true],
    ['pushed later', false],
  ])('for a copy under another name, %s', async (_, before) => {
    const [original, relabelled, cousin] = [fresh(), fresh(), fresh()];
    const layers = [BASE, `application ${original.digest}`];
    const copy = { config: `labels of ${relabelled.digest}`, layers };
    await harbour.push(original, { config: `labels of ${original.digest}`, layers });
    // Shares the base and an unlisted layer, but not all: no copy.
    await harbour.push(cousin, { config: `labels of ${cousin.digest}`, layers: [...layers, 'one more'] });
    if (before) await harbour.push(relabelled, copy);
    await openOn(original.digest);
    const promotion = await harbour.requestDev(relabelled, copy);
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ state: 'quarantined' });
    expect(await isFenced(cousin.digest)).toBe(false);
  });

  test('for a component of any version, found later', async () => {
    const [named, other] = [fresh(), fresh()];
    await open({ kind: 'component', value: 'pkg:npm/left-pad' });
    await takeStock(named.digest, 'pkg:npm/left-pad@1.3.0?vcs_url=x');
    await takeStock(other.digest, 'pkg:npm/left-pad-wider@1.3.0');
    expect(await isFenced(named.digest)).toBe(true);
    expect(await isFenced(other.digest)).toBe(false);
  });

  test('for a fact that came into the tables past every store', async () => {
    const key = fresh();
    const promotion = await harbour.requestDev(key);
    await open(signerOf('past the stores'));
    await sql`insert into artifact_fact (digest, kind, value) values (${key.digest}, 'signer', ${signerOf('past the stores').value})`.execute(
      own.db,
    );
    await harbour.judge(key, 'dev');
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({
      outcome: 'ended',
      state: 'quarantined',
    });
    expect(await isFenced(key.digest)).toBe(true);
  });
});

describe('a fact written while an incident opens is fenced', () => {
  test('where the fact came first', async () => {
    const key = fresh();
    const signer = `first ${key.digest}`;
    await harbour.push(key);
    const writing = await heldTransaction(own.db, async (trx) => {
      // As the store does: the fact, then the epoch shared.
      await sql`insert into artifact_fact (digest, kind, value) values (${key.digest}, 'signer', ${signerOf(signer).value})`.execute(
        trx,
      );
      await sql`select value from incident_epoch for share`.execute(trx);
    });
    const opening = open(signerOf(signer));
    await own.blocked(1);
    await writing.commit();
    expect((await opening).subjects.map(({ digest }) => digest)).toContain(key.digest);
    expect(await isFenced(key.digest)).toBe(true);
  });

  test('where the incident came first', async () => {
    const key = fresh();
    const signer = `second ${key.digest}`;
    await harbour.push(key);
    const opening = await heldTransaction(own.db, async (trx) => {
      await advanceIncidentEpoch(trx);
      await sql`insert into incident (id, selector, reason, opened_by) values (${`inc-${key.digest}`}, ${JSON.stringify(signerOf(signer))}::jsonb, 'held', 'test')`.execute(
        trx,
      );
    });
    const writing = sign(signer, key.digest);
    await own.blocked(1);
    await opening.commit();
    await writing;
    expect(await isFenced(key.digest)).toBe(true);
  });
});

describe('an incident that opens while a promotion is under way', () => {
  const reserved = async () => {
    const key = fresh();
    const promotion = await harbour.requestDev(key);
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    return { key, promotion };
  };

  test('after the reservation: go-live is refused, and the lease does not grow', async () => {
    const { key, promotion } = await reserved();
    await openOn(key.digest);
    expect(await harbour.promotions.extendLease(promotion, 600)).toMatchObject({
      outcome: 'refused',
      state: 'quarantined',
    });
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'refused', state: 'quarantined' });
    expect(await harbour.promotions.planTagMove(promotion, undefined)).toBe(false);
  });

  test.each(['reserve', 'goLive', 'extendLease'] as const)('%s waits for the incident, and finds it', async (step) => {
    const key = fresh();
    const promotion = await harbour.requestDev(key);
    if (step !== 'reserve') await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    const opening = await heldTransaction(own.db, async (trx) => {
      await advanceIncidentEpoch(trx);
      await sql`insert into incident (id, selector, reason, opened_by) values (${`inc-${key.digest}`}, '{"kind":"digest","value":"-"}'::jsonb, 'held', 'test')`.execute(
        trx,
      );
      await sql`insert into artifact_fence (digest, state, incident) values (${key.digest}, 'fenced', ${`inc-${key.digest}`})
        on conflict (digest) do update set state = 'fenced', incident = excluded.incident`.execute(trx);
    });
    const stepping =
      step === 'goLive' ? harbour.promotions.goLive(promotion) : harbour.promotions[step](promotion, LEASE_SECONDS);
    await own.blocked(1);
    await opening.commit();
    // Whoever is stopped by a fence says which incident raised it, and why.
    expect(await stepping).toMatchObject({
      state: 'quarantined',
      reason: expect.stringMatching(/^quarantined by incident inc-\S+: /),
    });
  });

  test('before a go-live that holds the epoch commits, the incident waits and takes it out', async () => {
    const { key, promotion } = await reserved();
    const going = await heldTransaction(own.db, async (trx) => {
      await sql`select value from incident_epoch for share`.execute(trx);
      await sql`update placement set state = 'live' where digest = ${key.digest}`.execute(trx);
      await sql`update promotion set state = 'live' where digest = ${key.digest}`.execute(trx);
    });
    const opening = openOn(key.digest);
    await own.blocked(1);
    await going.commit();
    const opened = await opening;
    expect(opened.subjects[0]?.environments).toEqual(['dev']);
    expect(await harbour.quarantines.holdings({ digest: key.digest, incident: opened.id })).toHaveLength(1);
    expect(promotion.environment).toBe('dev');
  });

  test('what waits is ended with it, and said so', async () => {
    const key = fresh();
    const promotion = await harbour.requestDev(key);
    await openOn(key.digest);
    expect(await harbour.stateOf(promotion)).toBe('quarantined');
    expect((await harbour.eventsOf(`shop@${key.digest}`)).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['artifact.fenced', 'promotion.quarantined']),
    );
  });
});

test('a thousand artifacts of one signer are fenced in one go, while others wait less than a lock may take', async () => {
  const digests = Array.from({ length: 1000 }, (_, index) => digestOf(`mass ${index}`));
  const { value } = signerOf('mass');
  await sql`insert into artifact (repository, digest, generation) select 'mass', d, 0 from unnest(${digests}::text[]) as d`.execute(
    own.db,
  );
  await sql`insert into artifact_fact (digest, kind, value) select d, 'signer', ${value} from unnest(${digests}::text[]) as d`.execute(
    own.db,
  );
  const start = Date.now();
  const opened = await open(signerOf('mass'));
  expect(Date.now() - start).toBeLessThan(5000);
  expect(opened.subjects).toHaveLength(1000);
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from workflow_request where kind = 'quarantine' and input ->> 'incident' = ${opened.id}`.execute(
    own.db,
  );
  expect(rows[0]?.n).toBe(1000);
});

test('sharing one layer that is in every image makes nobody a neighbour', async () => {
  const digests = Array.from({ length: 300 }, (_, index) => digestOf(`crowd ${index}`));
  const unlisted = digestOf('an unlisted base');
  await sql`insert into artifact_layer (digest, position, diff_id) select d, 0, ${unlisted} from unnest(${digests}::text[]) as d`.execute(
    own.db,
  );
  await sql`insert into artifact_layer (digest, position, diff_id) select d, 1, md5(d) from unnest(${digests}::text[]) as d`.execute(
    own.db,
  );
  const opened = await openOn(digests[0]!);
  expect(opened.subjects.map(({ digest }) => digest)).toEqual([digests[0]]);
  const preview = await harbour.incidents.preview({ kind: 'layer', value: unlisted });
  expect(preview.subjects).toHaveLength(300);
});
