/** An index may list indexes: what holds for its children holds for all that is inside. */
import { randomUUID } from 'node:crypto';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createQuarantineActivities } from '../../../activities/quarantine.ts';
import { createPlannedPushes } from '../../../adapters/postgres/planned-pushes.ts';
import { createPushIntents } from '../../../adapters/postgres/push-intents.ts';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { Registry } from '../../../domain/artifact/registry.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
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

function fresh(): ArtifactKey {
  count += 1;
  return { repository: 'shop', digest: digestOf(`nested ${count}`) };
}
const openOn = (digest: Digest) =>
  harbour.incidents.open({ selector: { kind: 'digest', value: digest }, reason: 'suspected', actor: 'responder' });

interface Nest {
  readonly leaf: ArtifactKey;
  readonly sibling: ArtifactKey;
  readonly inner: ArtifactKey;
  readonly outer: ArtifactKey;
}

/** `outer` lists `inner`, which lists `leaf` and `sibling`, as the look at them records it; `inner` itself was never pushed. */
async function nest(leaf = fresh()): Promise<Nest> {
  const made = { leaf, sibling: fresh(), inner: fresh(), outer: fresh() };
  for (const { digest } of [made.leaf, made.sibling])
    await harbour.generations.recordNesting([made.outer.digest, made.inner.digest, digest]);
  return made;
}

describe('what is out stays out', () => {
  test('inside an index of indexes, after its incident is closed', async () => {
    const leaf = fresh();
    await harbour.push(leaf);
    const { id: incident } = await openOn(leaf.digest);
    await harbour.quarantines.confirm({ digest: leaf.digest, incident }, { readBacks: 2, environments: [] });
    await harbour.quarantines.contain(incident);
    await harbour.incidents.close({ incident, reason: 'over', actor: 'ann' });
    const { outer } = await nest(leaf);
    expect(await harbour.promotions.reserve(await harbour.requestDev(outer), LEASE_SECONDS)).toMatchObject({
      outcome: 'ended',
      state: 'quarantined',
      reason: expect.stringContaining(incident),
    });
  });

  test('a lease is not extended over a fence two levels down', async () => {
    const { leaf, outer } = await nest();
    const promotion = await harbour.requestDev(outer);
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await sql`insert into artifact_fence (digest, state, incident, reason) values (${leaf.digest}, 'fenced', null, 'test')
      on conflict (digest) do update set state = 'fenced'`.execute(own.db);
    expect(await harbour.promotions.extendLease(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'refused' });
  });
});

describe('what is quarantined', () => {
  test.each(['leaf', 'inner', 'outer'] as const)('and written late, its %s too, is taken out again', async (part) => {
    const made = await nest();
    await harbour.liveInDev(made.outer);
    const { id: incident } = await openOn(made.leaf.digest);
    for (const { digest } of [made.outer, made.inner, made.leaf]) {
      for (const holding of await harbour.quarantines.holdings({ digest, incident }))
        await harbour.quarantines.recordRemoved({ digest, incident }, holding);
      await harbour.quarantines.confirm({ digest, incident }, { readBacks: 2, environments: ['dev'] });
    }
    expect(await harbour.quarantines.unconfirmed(incident)).toBe(0);
    await createPushIntents(own.db)('dev/shop', made[part].digest);
    const { repository: _, ...pushed } = made[part];
    await createPlannedPushes(own.db)({
      ...{ kind: 'artifact-pushed', id: randomUUID(), source: '/registry/test', repository: 'dev/shop' },
      ...{ ...pushed, occurredAt: new Date().toISOString(), mediaType: mediaTypes.ociManifest },
    });
    expect(await harbour.quarantines.unconfirmed(incident)).toBe(1);
  });

  test('is looked for where the outermost index is, once that is out', async () => {
    const { leaf, inner, outer } = await nest();
    await harbour.liveInDev(outer);
    const { id: incident, subjects } = await openOn(leaf.digest);
    expect(subjects.map(({ digest }) => digest).sort()).toEqual([leaf.digest, inner.digest, outer.digest].sort());
    const key = { digest: leaf.digest, incident };
    expect(await harbour.quarantines.holdings(key)).toMatchObject([{ destination: 'dev/shop', repository: 'shop' }]);
    expect((await harbour.quarantines.inFlight(key)).leaseSeconds).toBeGreaterThan(0);
    for (const holding of await harbour.quarantines.holdings({ digest: outer.digest, incident }))
      await harbour.quarantines.recordRemoved({ digest: outer.digest, incident }, holding);
    expect((await harbour.quarantines.inFlight(key)).leaseSeconds).toBe(0);
    expect(await harbour.quarantines.holdings(key)).toHaveLength(1);
  });

  test('takes all it holds with it', async () => {
    const { leaf, sibling, inner, outer } = await nest();
    await harbour.liveInDev(outer);
    const { id: incident } = await openOn(outer.digest);
    const index = (...digests: Digest[]) => ({
      content: {
        kind: 'index',
        index: { manifests: digests.map((digest) => ({ digest, mediaType: mediaTypes.ociManifest, size: 1 })) },
      },
    });
    const manifests: Record<Digest, object> = {
      [outer.digest]: index(inner.digest),
      [inner.digest]: index(leaf.digest, sibling.digest),
    };
    const deleted: Digest[] = [];
    const { removeFrom } = createQuarantineActivities({
      registry: {
        getManifest: async (_: string, digest: Digest) => manifests[digest] ?? { content: { kind: 'manifest' } },
        deleteManifest: async (_: string, digest: Digest) => void deleted.push(digest),
      } as unknown as Registry,
      quarantines: harbour.quarantines,
      copyArtifact: async () => undefined,
    });
    const context = { info: { scheduledTimestampMs: Date.now() }, heartbeat: () => undefined } as unknown as Context;
    for (const holding of await harbour.quarantines.holdings({ digest: outer.digest, incident }))
      await asyncLocalStorage.run(context, () => removeFrom({ digest: outer.digest, incident }, holding));
    expect(deleted).toEqual([outer.digest, inner.digest, leaf.digest, sibling.digest]);
  });

  test('leaves what another index of indexes needs', async () => {
    const { leaf, sibling, inner, outer } = await nest();
    const inside = [leaf, sibling, inner].map(({ digest }) => digest);
    const need = () =>
      harbour.quarantines.neededChildren({ digest: outer.digest, incident: 'any' }, 'dev/shop', inside);
    expect(await need()).toEqual([]);
    await harbour.liveInDev((await nest(leaf)).outer);
    expect(await need()).toEqual([leaf.digest]);
  });

  test('is refused its release while an inner one is held for what it holds', async () => {
    const { leaf, outer } = await nest();
    await openOn(leaf.digest);
    expect(
      await harbour.incidents.requestRelease({ digest: outer.digest, reason: 'clean', actor: 'ann' }),
    ).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('release that first') });
  });
});

test('an undo leaves what a live index of indexes needs', async () => {
  const { leaf, inner, outer } = await nest();
  const [first, second] = [await harbour.requestDev(leaf), await harbour.requestDev(outer)];
  for (const promotion of [first, second]) await harbour.promotions.reserve(promotion, LEASE_SECONDS);
  await harbour.promotions.recordCreated(first, [leaf.digest]);
  await harbour.promotions.recordCreated(second, [inner.digest, outer.digest]);
  expect((await harbour.promotions.releaseClaim(first, { state: 'undone', reason: 'test' })).remove).toEqual([]);
});

test('evidence about what an inner index holds is evidence of the outer one', async () => {
  const { leaf, outer } = await nest();
  const signature = harbour.signedBy('somebody', leaf.digest);
  await harbour.evidence.record('shop', [signature]);
  expect(await harbour.evidence.recordedWithChildren(outer)).toMatchObject([{ subject: leaf.digest }]);
});

describe('who made what is inside', () => {
  beforeAll(async () => {
    await harbour.policies.activate(policyText(2, { prod: ', approvals: { required: 1 }' }), 'policy.yaml', 'test');
    await sql`insert into principal (subject) values ('ann'), ('ben')`.execute(own.db);
    await sql`insert into principal_alias (kind, value, subject) values ('builder', 'https://ci.test/ben', 'ben')`.execute(
      own.db,
    );
  });
  const know = (digest: Digest, kind: string, value: string) =>
    sql`insert into artifact_fact (digest, kind, value) values (${digest}, ${kind}, ${value})`.execute(own.db);

  test.each([
    ['committed', 'committer', 'ben'],
    ['built', 'builder', 'https://ci.test/ben'],
    ['was committed by somebody nobody knows', 'committer', 'stranger@example.com'],
  ])('does not approve the index: %s', async (_, kind, value) => {
    const { leaf, outer } = await nest();
    const waiting = await harbour.waitingForProd(outer);
    await know(outer.digest, 'committer', 'ann');
    const decide = () =>
      harbour.promotions.decide(waiting, {
        ...{ verb: 'approve', reason: 'fine', decider: { principal: 'ben', groups: [] } },
      });
    await know(leaf.digest, kind, value);
    expect(await decide()).toMatchObject({ outcome: 'refused' });
    await sql`delete from artifact_fact where digest = ${leaf.digest}`.execute(own.db);
    expect(await decide()).toMatchObject({ outcome: 'counted', state: 'satisfied' });
  });
});
