import { randomUUID } from 'node:crypto';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createQuarantineActivities } from '../../../activities/quarantine.ts';
import { createPrincipalDesk } from '../../../adapters/postgres/principals.ts';
import { createPushIntents } from '../../../adapters/postgres/push-intents.ts';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { type Registry, RegistryError, type StoredManifest } from '../../../domain/artifact/registry.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { ArtifactPushed } from '../../../domain/events/intake-event.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText, signerOf } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

function fresh(repository = 'shop'): ArtifactKey {
  count += 1;
  return { repository, digest: digestOf(`quarantined ${count}`) };
}
const open = (selector: { kind: 'digest' | 'signer'; value: string }) =>
  harbour.incidents.open({ selector, reason: 'suspected', actor: 'responder' });
const openOn = (digest: Digest) => open({ kind: 'digest', value: digest });
const sign = (signer: string, digest: Digest) => harbour.evidence.record('shop', [harbour.signedBy(signer, digest)]);
const enterAgain = async (key: ArtifactKey) => harbour.promotions.reserve(await harbour.requestDev(key), LEASE_SECONDS);

/** The activity, with a registry that has everything; what it does otherwise is given. */
function remover({ copy, read }: { copy?: () => Promise<void>; read?: () => Promise<StoredManifest> }) {
  const deleted: string[] = [];
  const content = { kind: 'manifest' };
  const activities = createQuarantineActivities({
    registry: {
      getManifest: read ?? (async () => ({ content })),
      deleteManifest: async (repository: string, digest: Digest) => void deleted.push(`${repository}@${digest}`),
    } as unknown as Registry,
    quarantines: harbour.quarantines,
    copyArtifact: copy ?? (async () => undefined),
  });
  return {
    deleted,
    /** As a try so long after the first one was asked for. */
    async remove(digest: Digest, incident: string, seconds: number): Promise<void> {
      const info = { scheduledTimestampMs: Date.now() - seconds * 1000 };
      const context = { info, heartbeat: () => undefined } as unknown as Context;
      for (const holding of await harbour.quarantines.holdings({ digest, incident }))
        await asyncLocalStorage.run(context, () => activities.removeFrom({ digest, incident }, holding));
    },
  };
}

async function remove(digest: Digest, incident: string): Promise<void> {
  for (const holding of await harbour.quarantines.holdings({ digest, incident }))
    await harbour.quarantines.recordRemoved({ digest, incident }, holding);
  await harbour.quarantines.confirm({ digest, incident }, { readBacks: 2, environments: [] });
}

async function release(digest: Digest) {
  const asked = await harbour.incidents.requestRelease({ digest, reason: 'rebuilt', actor: 'ann' });
  if (asked.outcome !== 'waiting') return asked;
  return harbour.incidents.decideRelease({ request: asked.request, verb: 'approve', reason: 'agreed', actor: 'ben' });
}

describe('a quarantine', () => {
  test('waits for the lease of a copy in flight, and for nothing once it is undone or has run out', async () => {
    const promotion = await harbour.requestDev(fresh());
    const { digest } = promotion;
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    const { id: incident } = await openOn(digest);
    const { promotions, leaseSeconds } = await harbour.quarantines.inFlight({ digest, incident });
    expect(promotions).toEqual([`promotion/dev/shop@${digest}`]);
    expect(leaseSeconds).toBeGreaterThan(LEASE_SECONDS - 10);
    await harbour.ageLease(promotion, LEASE_SECONDS);
    expect((await harbour.quarantines.inFlight({ digest, incident })).leaseSeconds).toBe(0);
    await harbour.promotions.releaseClaim(promotion, { state: 'quarantined', reason: 'fenced' });
    expect((await harbour.quarantines.inFlight({ digest, incident })).leaseSeconds).toBe(0);
    // May have been copied by a write nobody saw the end of: looked at all the same.
    expect(await harbour.quarantines.holdings({ digest, incident })).toMatchObject([
      { destination: 'dev/shop', quarantine: 'quarantine/shop' },
    ]);
  });

  test.each([
    ['a part of it is gone', new RegistryError('REGISTRY_NOT_FOUND', 'dev/shop has no such blob'), 0],
    ['it has other bytes', new RegistryError('REGISTRY_DIGEST_MISMATCH', 'other bytes'), 0],
    ['the registry has let nobody copy for long', new RegistryError('REGISTRY_DENIED', 'denied'), 600],
  ])('is served no longer where %s: that no copy could be kept is told', async (_, failure, seconds) => {
    const key = fresh();
    await harbour.liveInDev(key);
    const { id: incident } = await openOn(key.digest);
    const { deleted, remove: removeOne } = remover({ copy: () => Promise.reject(failure) });
    if (seconds > 0) await expect(removeOne(key.digest, incident, 0)).rejects.toMatchObject({ type: failure.code });
    expect(deleted).toEqual([]);
    await removeOne(key.digest, incident, seconds);
    expect(deleted).toEqual([`dev/shop@${key.digest}`]);
    const { rows } = await sql<{ data: object }>`
      select data from outbox where subject = ${`shop@${key.digest}`} and type = 'artifact.removed'`.execute(own.db);
    expect(rows).toMatchObject([{ data: { from: 'dev/shop', keptIn: null, notKept: failure.message } }]);
    await harbour.quarantines.confirm({ digest: key.digest, incident }, { readBacks: 2, environments: ['dev'] });
    const { rows: subjects } = await sql`select detail from incident_subject where incident = ${incident}`.execute(
      own.db,
    );
    expect(subjects).toEqual([
      { detail: { readBacks: 2, environments: ['dev'], notKept: { 'dev/shop': failure.message } } },
    ]);
  });

  test('takes out a manifest that can not be read, and waits for a registry that is away', async () => {
    const key = fresh();
    await harbour.liveInDev(key);
    const { id: incident } = await openOn(key.digest);
    let failure = new RegistryError('REGISTRY_UNAVAILABLE', 'away');
    const { deleted, remove: removeOne } = remover({ read: () => Promise.reject(failure) });
    await expect(removeOne(key.digest, incident, 3600)).rejects.toMatchObject({ type: 'REGISTRY_UNAVAILABLE' });
    failure = new RegistryError('REGISTRY_BAD_MANIFEST', 'not a manifest');
    await removeOne(key.digest, incident, 3600);
    expect(deleted).toEqual([`dev/shop@${key.digest}`]);
  });

  test('takes it out of every environment, channel and claim, and is contained once all is confirmed', async () => {
    const key = fresh();
    const staging = await harbour.liveInDev(key, { tag: 'out' });
    await harbour.judge(key, 'staging');
    await harbour.enter(staging);
    const { id } = await openOn(key.digest);
    const holdings = await harbour.quarantines.holdings({ digest: key.digest, incident: id });
    expect(holdings.map(({ destination }) => destination).sort()).toEqual(['dev/shop', 'staging/shop']);
    await harbour.quarantines.contain(id);
    expect(await stateOf(id)).toBe('open');
    expect(await harbour.quarantines.unconfirmed(id)).toBe(1);
    await remove(key.digest, id);
    expect(await harbour.quarantines.unconfirmed(id)).toBe(0);
    await harbour.quarantines.contain(id);
    expect(await stateOf(id)).toBe('contained');
    const { rows } = await sql`
      select 1 from placement where digest = ${key.digest} and state <> 'removed'
      union all select 1 from channel where digest = ${key.digest}
      union all select 1 from placement_claim where digest = ${key.digest} and released_at is null`.execute(own.db);
    expect(rows).toEqual([]);
  });

  test('a write that comes after it was confirmed, from a worker that was paused, is taken out again', async () => {
    const key = fresh();
    await harbour.liveInDev(key);
    await createPushIntents(own.db)('dev/shop', key.digest);
    const { id } = await openOn(key.digest);
    const written = (): ArtifactPushed => ({
      ...{ kind: 'artifact-pushed', id: randomUUID(), source: '/registries/test', mediaType: mediaTypes.ociManifest },
      ...{ occurredAt: new Date().toISOString(), repository: 'dev/shop', digest: key.digest },
    });
    const requests = async () =>
      (await sql`select 1 from workflow_request where workflow_id = ${`quarantine/${key.digest}`}`.execute(own.db)).rows
        .length;
    // While it is being taken out, its quarantine looks by itself.
    await harbour.intake.dropIntended(written());
    expect(await requests()).toBe(1);
    await remove(key.digest, id);
    await harbour.quarantines.contain(id);
    const late = written();
    await Promise.all([1, 2, 3].map(() => harbour.intake.dropIntended(late)));
    expect(await requests()).toBe(2);
    expect(await stateOf(id)).toBe('open');
    expect(await harbour.quarantines.unconfirmed(id)).toBe(1);
    await remove(key.digest, id);
    await harbour.quarantines.contain(id);
    expect(await stateOf(id)).toBe('contained');
    // Nobody planned it under that tag: it is taken out all the same.
    expect(await harbour.intake.dropIntended({ ...written(), tag: 'somebody-elses' })).toBeUndefined();
    expect(await requests()).toBe(3);
    await remove(key.digest, id);
    await harbour.quarantines.contain(id);
    // Each time is told: whoever reads the events sees it out, as it is.
    const told = async (subject: string) => (await harbour.eventsOf(subject)).map(({ type }) => type);
    expect((await told(`shop@${key.digest}`)).filter((type) => type === 'artifact.removed')).toHaveLength(3);
    expect((await told(`shop@${key.digest}`)).filter((type) => type === 'artifact.quarantined')).toHaveLength(3);
    expect((await told(`incident/${id}`)).filter((type) => type === 'incident.contained')).toHaveLength(3);
    // In its quarantine repository it is where it belongs.
    await createPushIntents(own.db)('quarantine/shop', key.digest);
    await harbour.intake.dropIntended({ ...written(), repository: 'quarantine/shop' });
    expect(await requests()).toBe(3);
    // Asked about together, the one is told from the other.
    const places = ['quarantine/shop', 'dev/shop', 'elsewhere/shop'];
    await Promise.all(places.map((repository) => harbour.intake.dropIntended({ ...written(), repository })));
    expect(await requests()).toBe(4);
    expect((await told(`dev/shop@${key.digest}`)).filter((type) => type === 'artifact.written-late')).toHaveLength(3);
    expect(await told(`quarantine/shop@${key.digest}`)).toEqual([]);
    expect(await told(`elsewhere/shop@${key.digest}`)).toEqual([]);
  });

  test('confirmed for one incident is confirmed for every one that holds it', async () => {
    const { digest } = fresh();
    const [first, second] = [await openOn(digest), await openOn(digest)];
    await harbour.quarantines.confirm({ digest, incident: second.id }, { readBacks: 2, environments: [] });
    expect(await harbour.quarantines.unconfirmed(first.id)).toBe(0);
  });

  test('of an incident that grows after it was contained goes on', async () => {
    const [first, second] = [fresh(), fresh()];
    const signer = `grows ${first.digest}`;
    await sign(signer, first.digest);
    const { id } = await open(signerOf(signer));
    await remove(first.digest, id);
    await harbour.quarantines.contain(id);
    await sign(signer, second.digest);
    expect(await stateOf(id)).toBe('open');
    expect(await harbour.quarantines.unconfirmed(id)).toBe(1);
    const { rows } =
      await sql`select generation from workflow_request where workflow_id = ${`incident/${id}`} order by 1`.execute(
        own.db,
      );
    expect(rows).toEqual([{ generation: 1 }, { generation: 2 }]);
  });

  test('keeps the children that another index needs, live or still being copied, and none for an index that is fenced too', async () => {
    const [child, lone, fenced, live, reserved] = [fresh(), fresh(), fresh(), fresh(), fresh()];
    await harbour.liveInDev(fenced, { children: [child.digest, lone.digest] });
    const children = [child.digest, lone.digest];
    const need = (digest: Digest) =>
      harbour.quarantines.neededChildren({ digest, incident: 'any' }, 'dev/shop', children);
    expect(await need(fenced.digest)).toEqual([]);
    const second = await harbour.requestDev(reserved, { children: [child.digest] });
    await harbour.promotions.reserve(second, LEASE_SECONDS);
    expect(await need(fenced.digest)).toEqual([child.digest]);
    await harbour.liveInDev(live, { children: [lone.digest] });
    expect(await need(fenced.digest)).toEqual([child.digest, lone.digest].sort());
    await openOn(child.digest);
    expect(await need(fenced.digest)).toEqual([lone.digest]);
  });

  test('of a child looks where its indexes are, after they are out', async () => {
    const [child, index] = [fresh(), fresh()];
    await harbour.liveInDev(index, { children: [child.digest] });
    const { id: incident } = await openOn(index.digest);
    const key = { digest: child.digest, incident };
    expect((await harbour.quarantines.inFlight(key)).leaseSeconds).toBeGreaterThan(0);
    await remove(index.digest, incident);
    expect((await harbour.quarantines.inFlight(key)).leaseSeconds).toBe(0);
    expect(await harbour.quarantines.holdings(key)).toMatchObject([{ destination: 'dev/shop', repository: 'shop' }]);
  });
});

async function stateOf(id: string): Promise<string> {
  const row = await own.db.selectFrom('incident').select('state').where('id', '=', id).executeTakeFirstOrThrow();
  return row.state;
}

describe('a release', () => {
  test('is decided by somebody else than who asked', async () => {
    const { digest } = fresh();
    await openOn(digest);
    const asked = await harbour.incidents.requestRelease({ digest, reason: 'clean', actor: 'ann' });
    expect(await harbour.incidents.requestRelease({ digest, reason: 'again', actor: 'cas' })).toEqual(asked);
    const request = asked.outcome === 'waiting' ? asked.request : '';
    const decide = (actor: string, verb: 'approve' | 'reject' = 'approve') =>
      harbour.incidents.decideRelease({ request, verb, reason: 'looked', actor });
    expect(await decide('ann')).toEqual({
      outcome: 'refused',
      reason: 'ann asked for the release: somebody else must decide',
    });
    expect(await decide('ben', 'reject')).toEqual({ outcome: 'rejected', request, reason: 'rejected by ben: looked' });
    expect(await decide('cas')).toEqual({ outcome: 'refused', reason: 'it was rejected by ben already' });
    await expect(
      harbour.incidents.decideRelease({ request: 'rel-none', verb: 'approve', reason: '', actor: 'ben' }),
    ).rejects.toMatchObject({ code: 'RELEASE_UNKNOWN' });
  });

  test('is not decided by who asked under another name, whichever was joined to the other since', async () => {
    const people = createPrincipalDesk(own.db);
    for (const [asker, decider] of [
      ['alice-laptop', 'alice'],
      ['bob', 'bob-laptop'],
    ] as const) {
      const { digest } = fresh();
      await openOn(digest);
      const asked = await harbour.incidents.requestRelease({ digest, reason: 'clean', actor: asker });
      const request = asked.outcome === 'waiting' ? asked.request : '';
      const [value, principal] = [asker, decider].toSorted((a, b) => b.length - a.length) as [string, string];
      expect(await people.join({ principal, kind: 'subject', value }, 'admin')).toEqual({ outcome: 'joined' });
      const decision = { request, verb: 'approve', reason: 'looked', actor: decider } as const;
      expect(await harbour.incidents.decideRelease(decision)).toEqual({
        outcome: 'refused',
        reason: `${decider} asked for the release: somebody else must decide`,
      });
    }
  });

  test('brings it back through the same gates, and the selector does not take it again', async () => {
    const key = fresh();
    const signer = `released ${key.digest}`;
    await harbour.liveInDev(key);
    await sign(signer, key.digest);
    const { id } = await open(signerOf(signer));
    await remove(key.digest, id);
    expect(await release(key.digest)).toEqual({ outcome: 'released', incidents: [id], repositories: ['shop'] });
    expect(await harbour.quarantines.stands({ digest: key.digest, incident: id })).toBe(false);
    // The same fact written again, and an index and a copy that only it leads to.
    await sign(signer, key.digest);
    const index = fresh();
    expect(
      await harbour.promotions.reserve(await harbour.requestDev(index, { children: [key.digest] }), LEASE_SECONDS),
    ).toMatchObject({ outcome: 'reserved' });
    await harbour.judge(key, 'dev', { decision: 'released' });
    const [again] = await harbour.promotions.requestFirst(key, 2);
    expect(await harbour.promotions.reserve(again!.key, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
    expect(await harbour.promotions.goLive(again!.key)).toMatchObject({ outcome: 'live' });
  });

  test('of an index lets its children out; of one that is held for its child is refused', async () => {
    const [index, child] = [fresh(), fresh()];
    await harbour.push(index, { children: [child.digest] });
    await openOn(index.digest);
    expect(await release(index.digest)).toMatchObject({ outcome: 'released' });
    expect(await enterAgain(child)).toMatchObject({ outcome: 'reserved' });
    const [parent, suspect] = [fresh(), fresh()];
    await harbour.push(parent, { children: [suspect.digest] });
    const { id } = await openOn(suspect.digest);
    expect(await release(parent.digest)).toEqual({
      outcome: 'refused',
      reason: `${parent.digest} contains ${suspect.digest}, which ${id} holds: release that first`,
    });
    expect(await release(suspect.digest)).toMatchObject({ outcome: 'released' });
    expect(await release(parent.digest)).toMatchObject({ outcome: 'released' });
    expect(await enterAgain(parent)).toMatchObject({ outcome: 'reserved' });
  });

  test('from one incident leaves it held by another, and the rest of the release free', async () => {
    const [index, child] = [fresh(), fresh()];
    await harbour.push(index, { children: [child.digest] });
    const first = await openOn(index.digest);
    const signer = `holds ${child.digest}`;
    await sign(signer, child.digest);
    const second = await open(signerOf(signer));
    expect(await release(index.digest)).toEqual({
      outcome: 'refused',
      reason: `released from ${first.id}; still held by ${second.id}`,
    });
    const { rows } =
      await sql`select digest, state, incident from artifact_fence where digest in (${index.digest}, ${child.digest})`.execute(
        own.db,
      );
    expect(rows).toEqual(
      expect.arrayContaining([
        { digest: index.digest, state: 'fenced', incident: second.id },
        { digest: child.digest, state: 'fenced', incident: second.id },
      ]),
    );
    expect(await release(child.digest)).toMatchObject({ outcome: 'released' });
    expect(await release(index.digest)).toMatchObject({ outcome: 'released' });
    expect(await enterAgain(index)).toMatchObject({ outcome: 'reserved' });
  });
});

describe('a closed incident', () => {
  test('leaves entries that keep out what was not released', async () => {
    const [held, freed] = [fresh(), fresh()];
    const signer = `closed ${held.digest}`;
    await sign(signer, held.digest);
    await sign(signer, freed.digest);
    const { id: incident } = await open(signerOf(signer));
    await release(freed.digest);
    await harbour.incidents.close({ incident, reason: 'over', actor: 'ann' });
    expect(await enterAgain(freed)).toMatchObject({ outcome: 'reserved' });
    expect(await enterAgain(held)).toMatchObject({ outcome: 'ended', state: 'quarantined' });
    // Whatever becomes of its fence, through another incident for example.
    const other = await openOn(held.digest);
    expect(await release(held.digest)).toEqual({
      outcome: 'refused',
      reason: `released from ${other.id}; still held by ${incident}`,
    });
    expect(await enterAgain(held)).toMatchObject({
      outcome: 'ended',
      state: 'quarantined',
      reason: `denied since incident ${incident}: suspected`,
    });
    await expect(harbour.incidents.close({ incident, reason: 'again', actor: 'ann' })).rejects.toMatchObject({
      code: 'INCIDENT_CLOSED',
    });
    await expect(harbour.incidents.close({ incident: 'inc-none', reason: '', actor: 'ann' })).rejects.toMatchObject({
      code: 'INCIDENT_UNKNOWN',
    });
  });

  test('lets one artifact out that two people agree on, and the rest stays out', async () => {
    const [freed, held] = [fresh(), fresh()];
    const signer = `lifted ${freed.digest}`;
    for (const { digest } of [freed, held]) await sign(signer, digest);
    const { id: incident } = await open(signerOf(signer));
    await harbour.incidents.close({ incident, reason: 'over', actor: 'ann' });
    expect(await enterAgain(freed)).toMatchObject({ state: 'quarantined' });
    const asked = await harbour.incidents.requestRelease({ digest: freed.digest, reason: 'clean', actor: 'ann' });
    const request = asked.outcome === 'waiting' ? asked.request : '';
    const decide = (actor: string) =>
      harbour.incidents.decideRelease({ request, verb: 'approve', reason: 'agreed', actor });
    expect(await decide('ann')).toMatchObject({ outcome: 'refused' });
    expect(await decide('ben')).toMatchObject({ outcome: 'released', incidents: [incident] });
    expect(await enterAgain(freed)).toMatchObject({ outcome: 'reserved' });
    expect(await enterAgain(held)).toMatchObject({ state: 'quarantined' });
    // Nothing keeps it out any more; the fact that selected it, written again, neither.
    expect(await release(freed.digest)).toEqual({
      outcome: 'refused',
      reason: `${freed.digest} is held by no open incident, and denied by no closed one`,
    });
    await sign(signer, freed.digest);
    expect((await harbour.eventsOf(`shop@${freed.digest}`)).map(({ type }) => type)).toContain('artifact.released');
  });

  test('that was closed while a release waited is the one it is let out of', async () => {
    const key = fresh();
    const { id: incident } = await openOn(key.digest);
    const asked = await harbour.incidents.requestRelease({ digest: key.digest, reason: 'clean', actor: 'ann' });
    await harbour.incidents.close({ incident, reason: 'over', actor: 'cas' });
    const request = asked.outcome === 'waiting' ? asked.request : '';
    expect(
      await harbour.incidents.decideRelease({ request, verb: 'approve', reason: 'agreed', actor: 'ben' }),
    ).toMatchObject({ outcome: 'released' });
    expect(await enterAgain(key)).toMatchObject({ outcome: 'reserved' });
  });

  test('hands over to another closed one that holds the same artifact', async () => {
    const key = fresh();
    const [first, second] = [await openOn(key.digest), await openOn(key.digest)];
    for (const { id } of [first, second]) await harbour.incidents.close({ incident: id, reason: 'over', actor: 'ann' });
    expect(await release(key.digest)).toEqual({
      outcome: 'refused',
      reason: `released from ${first.id}; still held by ${second.id}`,
    });
    expect(await enterAgain(key)).toMatchObject({ state: 'quarantined' });
    expect(await release(key.digest)).toMatchObject({ outcome: 'released' });
    expect(await enterAgain(key)).toMatchObject({ outcome: 'reserved' });
  });
});
