/** What somebody else deletes in an environment is told, and comes back where somebody asks: not by itself. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareEnvironments } from '../../../activities/compare-environments.ts';
import { createGoneBook } from '../../../adapters/postgres/gone-book.ts';
import { createPromotionDesk } from '../../../adapters/temporal/promotion-desk.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { RegistryError } from '../../../domain/artifact/registry.ts';
import { type ArtifactKey, subjectOf } from '../../../domain/artifact/subject.ts';
import { handleIntakeEvent } from '../../../services/dispatcher/handle-intake-event.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, buildIndex, manifestBytes, pushImage } from '../../images.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;
const { registry } = createMemoryRegistry();
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

function fresh(repository?: string): ArtifactKey {
  count += 1;
  return { repository: repository ?? `deleted-${count}`, digest: digestOf(`deleted ${count}`) };
}

/** What the registry tells; it has nothing of what is not pushed to it here. */
const tellDeleted = (repository: string, digest: Digest, changed: object = {}) =>
  handleIntakeEvent(
    {
      ...{ ledger: harbour.intake, policies: harbour.policies, startPipeline: async () => undefined },
      registry: { ...registry, ...changed },
    },
    {
      ...{ kind: 'artifact-deleted', id: randomUUID(), source: '/registries/test', repository, digest },
      occurredAt: new Date().toISOString(),
    },
    undefined,
  );
const findings = (key: ArtifactKey) =>
  own.db.selectFrom('finding').select(['kind', 'detail']).where('subject', '=', subjectOf(key)).execute();
const askFor = (key: ArtifactKey, asked: { environment?: string; rollback?: boolean; tag?: string } = {}) =>
  harbour.requestByPerson({ environment: 'dev', key, rollback: false, actor: 'ada', ...asked });
const asSystem = async (key: ArtifactKey) =>
  (await harbour.promotions.requestFirst(key, 1)).map((start) => start.key.environment);

describe('what somebody deleted in an environment', () => {
  test('is told once, and is not live to who asks for it there', async () => {
    const key = fresh();
    await harbour.liveInDev(key, { tag: '1.0' });
    const { repository } = key;
    for (const _ of [1, 2]) await tellDeleted(`dev/${repository}`, key.digest);
    expect(await findings(key)).toEqual([
      { kind: 'deleted-past-us', detail: { environment: 'dev', from: `dev/${repository}`, tags: ['1.0'] } },
    ]);
    const told = (await harbour.eventsOf(subjectOf(key))).map(({ type }) => type);
    expect(told.filter((type) => type === 'artifact.deleted-past-us')).toHaveLength(1);
    // For who watches what runs it runs: it may have been pulled before.
    expect(await harbour.placementOf('dev', key.digest)).toBe('live');
    const [start] = await askFor(key);
    expect(start?.key.generation).toBe(2);
    await harbour.enter(start!.key);
    expect(await askFor(key)).toEqual([]);
    await tellDeleted(`dev/${repository}`, key.digest);
    expect(await findings(key)).toHaveLength(2);
  });

  test('is asked for again by the command, which said that it is live', async () => {
    const key = fresh();
    await harbour.liveInDev(key, { tag: '1.0' });
    const starter = { startRequested: () => Promise.reject(new Error('away')) };
    const [client, wake] = [{} as never, () => Promise.resolve()];
    const desk = createPromotionDesk(own.db, client, harbour.policies, starter as never, wake);
    const ask = () => desk.request({ key, environment: 'dev', rollback: false, actor: 'ada' });
    expect(await ask()).toMatchObject({ outcome: 'already-live' });
    await tellDeleted(`dev/${key.repository}`, key.digest);
    expect(await ask()).toMatchObject({ outcome: 'requested', generation: 2 });
  });

  test('comes back by a push, and not because it is judged again', async () => {
    const key = fresh();
    await harbour.liveInDev(key, { tag: '1.0' });
    await tellDeleted(`dev/${key.repository}`, key.digest);
    expect(await asSystem(key)).toEqual([]);
    const { generation } = await harbour.push(key, { tag: '1.0' });
    const starts = await harbour.promotions.requestFirst(key, generation);
    expect(starts).toMatchObject([{ key: { environment: 'dev', generation: 2 } }]);
  });

  test('comes back under each tag that named it, one asked for after the other, and by a rollback', async () => {
    const key = fresh();
    await harbour.liveInDev(key, { tag: '1.0' });
    const [latest] = await askFor(key, { tag: 'latest' });
    await harbour.enter(latest!.key);
    await tellDeleted(`dev/${key.repository}`, key.digest);
    const [back] = await askFor(key, { tag: '1.0', rollback: true });
    await harbour.enter(back!.key);
    expect(await askFor(key, { tag: '1.0' })).toEqual([]);
    const [tagged] = await askFor(key, { rollback: true });
    await harbour.enter(tagged!.key);
    const rows = await own.db.selectFrom('promotion').select('tag').where('digest', '=', key.digest).execute();
    expect(rows.map(({ tag }) => tag)).toEqual(expect.arrayContaining(['1.0', 'latest', '1.0', 'latest']));
    expect(await askFor(key, { tag: 'latest' })).toEqual([]);
  });

  test('is waited for by what is on its way to the next one, which goes on once it is there again', async () => {
    const key = fresh();
    const staging = await harbour.liveInDev(key);
    await harbour.judge(key, 'staging');
    await tellDeleted(`dev/${key.repository}`, key.digest);
    expect(await harbour.promotions.reserve(staging, LEASE_SECONDS)).toMatchObject({
      ...{ outcome: 'waiting', for: 'previous-environment', reason: 'waits until it is live in dev' },
    });
    const [start] = await askFor(key);
    await harbour.promotions.reserve(start!.key, LEASE_SECONDS);
    expect(await harbour.promotions.goLive(start!.key)).toMatchObject({
      wake: [`promotion/staging/${subjectOf(key)}`],
    });
    expect(await harbour.promotions.reserve(staging, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
  });

  test('is a part that an index needs, too', async () => {
    const child = await buildImage({ layers: [{ files: { app: 'a platform' } }] });
    const index = buildIndex([child]);
    const key = { repository: 'deleted-part', digest: index.top.digest };
    await harbour.liveInDev(key, { tag: '1.0', children: [child.top.digest] });
    await tellDeleted('dev/deleted-part', child.top.digest);
    expect(await findings(key)).toMatchObject([{ kind: 'deleted-past-us', detail: { lacks: child.top.digest } }]);
    expect(await askFor(key)).toHaveLength(1);
  });
});

describe('a comparison with the registry', () => {
  const behind = createMemoryRegistry();
  const compare = async (changed: object = {}) => {
    const failures: unknown[] = [];
    const progress = () => undefined;
    const goOn = (error: unknown) => void failures.push(error);
    // What other tests let in is in no registry.
    const book = createGoneBook(own.db, harbour.policies);
    const livePlaces = async () => (await book.livePlaces()).filter(({ key }) => key.repository.startsWith('compared'));
    await compareEnvironments({ ...behind.registry, ...changed }, { ...book, livePlaces }, { progress, goOn });
    return failures;
  };
  async function liveAndThere(name: string) {
    const image = await buildImage({ layers: [{ files: { app: name } }] });
    const key = { repository: `compared-${name}`, digest: image.top.digest };
    const destination = `dev/${key.repository}`;
    const lay = async () => {
      await pushImage(behind.registry, destination, image);
      await behind.registry.putManifest(destination, '1.0', manifestBytes(image), image.top.mediaType);
    };
    await lay();
    const staging = await harbour.liveInDev(key, { tag: '1.0' });
    return { key, destination, lay, staging };
  }

  test('finds what the registry told nobody of, and that it is back', async () => {
    const { key, destination, lay, staging } = await liveAndThere('restored');
    await harbour.judge(key, 'staging');
    expect(await compare()).toEqual([]);
    expect(await findings(key)).toEqual([]);
    await behind.registry.deleteManifest(destination, key.digest);
    behind.repository(destination).tags.clear();
    for (const _ of [1, 2]) await compare();
    expect(await findings(key)).toEqual([
      { kind: 'deleted-past-us', detail: { environment: 'dev', from: destination, tags: ['1.0'] } },
    ]);
    expect(await harbour.promotions.reserve(staging, LEASE_SECONDS)).toMatchObject({ for: 'previous-environment' });
    await lay();
    await compare();
    const woken = await own.db.selectFrom('workflow_wake').select('workflow_id').execute();
    expect(woken).toContainEqual({ workflow_id: `promotion/staging/${subjectOf(key)}` });
    await compare();
    expect(await askFor(key, { tag: '1.0' })).toEqual([]);
    expect(await harbour.promotions.reserve(staging, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
  });

  test('finds a tag that was deleted: what it named is live, and is asked for under it', async () => {
    const { key, destination, lay } = await liveAndThere('untagged');
    behind.repository(destination).tags.delete('1.0');
    await compare();
    expect(await findings(key)).toMatchObject([{ detail: { environment: 'dev', tags: ['1.0'], tag: '1.0' } }]);
    expect(await asSystem(key)).toEqual([]);
    const [start] = await askFor(key);
    expect(start).toBeDefined();
    await lay();
    await harbour.enter(start!.key);
    expect(await askFor(key)).toEqual([]);
    expect(await compare()).toEqual([]);
    expect(await findings(key)).toHaveLength(1);
  });

  test('is held up by no repository that can not be listed, and believes no list alone', async () => {
    const [unlisted, other] = [await liveAndThere('unlisted'), await liveAndThere('wiped')];
    await behind.registry.deleteManifest(other.destination, other.key.digest);
    const listTags = async (repository: string) => {
      if (repository === unlisted.destination) throw new RegistryError('REGISTRY_TOO_LARGE', 'too many tags');
      return [];
    };
    expect(await compare({ listTags })).toMatchObject([{ code: 'REGISTRY_TOO_LARGE' }]);
    expect(await findings(unlisted.key)).toEqual([]);
    expect(await findings(other.key)).toHaveLength(1);
    expect(await compare({ listTags: async () => [] })).toEqual([]);
    expect(await findings(unlisted.key)).toEqual([]);
  });

  test('finds nothing of what a quarantine takes out', async () => {
    const { key, destination } = await liveAndThere('suspected');
    const book = createGoneBook(own.db, harbour.policies);
    const live = (await book.livePlaces()).find((one) => one.key.digest === key.digest);
    const selector = { kind: 'digest', value: key.digest } as const;
    await harbour.incidents.open({ selector, reason: 'suspected', actor: 'responder' });
    await behind.registry.deleteManifest(destination, key.digest);
    await compare();
    // Looked at before the fence was there.
    await book.recordGone({ place: live!.place, key, lacks: key.digest });
    expect(await findings(key)).toEqual([]);
  });
});

describe('no finding is', () => {
  test('what the registry has all the same, or can not read', async () => {
    const image = await buildImage({ layers: [{ files: { app: 'there' } }] });
    const key = { repository: 'still-there', digest: image.top.digest };
    await pushImage(registry, 'dev/still-there', image);
    await harbour.liveInDev(key);
    await tellDeleted('dev/still-there', key.digest);
    const resolve = () => Promise.reject(new RegistryError('REGISTRY_BAD_MANIFEST', 'other bytes'));
    await tellDeleted('dev/still-there', key.digest, { resolve });
    expect(await findings(key)).toEqual([]);
    const away = () => Promise.reject(new RegistryError('REGISTRY_UNAVAILABLE', 'away'));
    await expect(tellDeleted('dev/still-there', key.digest, { resolve: away, hasBlob: away })).rejects.toThrow('away');
  });

  test('what was never let in there, nor what is no environment’s', async () => {
    const key = fresh();
    await harbour.push(key);
    for (const repository of [`dev/${key.repository}`, key.repository]) await tellDeleted(repository, key.digest);
    expect(await findings(key)).toEqual([]);
  });

  test('what we take out: by a quarantine, or because a promotion was undone', async () => {
    const [quarantined, undone] = [fresh(), fresh()];
    await harbour.liveInDev(quarantined);
    const selector = { kind: 'digest', value: quarantined.digest } as const;
    await harbour.incidents.open({ selector, reason: 'suspected', actor: 'responder' });
    const promotion = await harbour.requestDev(undone);
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await harbour.promotions.releaseClaim(promotion, { state: 'undone', reason: 'test' });
    for (const key of [quarantined, undone]) {
      await tellDeleted(`dev/${key.repository}`, key.digest);
      expect(await findings(key)).toEqual([]);
    }
  });
});
