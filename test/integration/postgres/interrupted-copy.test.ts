/** A copy that ends anywhere, as a killed process does: undo removes what its claim made, all of it and nothing else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPromotionActivities, type PromotionActivities } from '../../../activities/promotion.ts';
import { copyArtifact } from '../../../adapters/oci/copy-artifact.ts';
import { createInProcessLease } from '../../../adapters/oci/in-process-lease.ts';
import { createDecisionTickets } from '../../../adapters/postgres/decision-tickets.ts';
import { createRegistryEvidenceDesk } from '../../../adapters/sigstore/registry-evidence-desk.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { Registry } from '../../../domain/artifact/registry.ts';
import type { PromotionBook } from '../../../domain/promotion/promotion-book.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { directHere } from '../../faults/obey.ts';
import { buildImage, buildIndex, buildReferrer, manifestBytes, pushImage } from '../../images.ts';
import { inActivity } from '../../in-activity.ts';
import { createHarbour, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

class Killed extends Error {}
type Writer = (...args: unknown[]) => Promise<unknown>;

/** The same, but dead from its `step`th write on: before it is done, or after it is done and before anybody hears of it. */
function killedAt(step: number, isDone: boolean) {
  let writes = 0;
  let isDead = false;
  const deadly =
    (write: Writer): Writer =>
    async (...args) => {
      if (isDead) throw new Killed();
      writes += 1;
      if (writes !== step) return write(...args);
      isDead = true;
      if (isDone) await write(...args);
      throw new Killed();
    };
  const wrap = <T extends object>(port: T, names: readonly (keyof T)[]): T => ({
    ...port,
    ...Object.fromEntries(names.map((name) => [name, deadly(port[name] as unknown as Writer)])),
  });
  return {
    registry: (registry: Registry) => wrap(registry, ['putManifest', 'attachReferrers']),
    promotions: (book: PromotionBook) => wrap(book, ['recordCreated', 'extendLease']),
    hasDied: () => isDead,
  };
}

function activitiesOn(registry: Registry, promotions: PromotionBook): PromotionActivities {
  return createPromotionActivities({
    registry,
    promotions,
    tickets: createDecisionTickets(own.db),
    evidence: harbour.evidence,
    desk: createRegistryEvidenceDesk(registry),
    copyArtifact: (route) => copyArtifact(registry, route),
    lease: createInProcessLease(),
    startPromotions: () => Promise.resolve(),
    wake: () => Promise.resolve(),
  });
}

/** An index of two images, one of which is at the destination already; both are signed. */
async function prepare(name: string) {
  const { registry, repository } = createMemoryRegistry();
  const images = await Promise.all(
    ['amd64', 'arm64'].map((architecture) =>
      buildImage({
        layers: [{ files: { app: `${name} ${architecture}` } }],
        platform: { os: 'linux', architecture },
      }),
    ),
  );
  const index = buildIndex(images);
  for (const image of [...images, index]) await pushImage(registry, 'shop', image);
  const [there] = images;
  await copyArtifact(registry, { from: 'shop', to: 'dev/shop', digest: there!.top.digest });
  for (const { top } of images) {
    const referrer = buildReferrer(top, 'application/test', name);
    await pushImage(registry, 'shop', referrer);
    await registry.attachReferrers('shop', top.digest, [
      { bytes: manifestBytes(referrer), mediaType: referrer.top.mediaType },
    ]);
    await harbour.evidence.record('shop', [
      harbour.signedBy(name, top.digest, { manifest: referrer.top.digest, bundle: referrer.top.digest }),
    ]);
  }
  const promotion = await harbour.requestDev(
    { repository: 'shop', digest: index.top.digest },
    { children: images.map(({ top }) => top.digest) },
  );
  const held = (): Digest[] => [...repository('dev/shop').manifests.keys()].sort();
  return { registry, promotion, held, before: held() };
}

test.each([
  ['before', false],
  ['after', true],
] as const)('killed %s any one of its writes, and undone by another process', async (when, isDone) => {
  let died = 0;
  for (let step = 1; step < 50; step += 1) {
    const { registry, promotion, held, before } = await prepare(`${when} ${step}`);
    const kill = killedAt(step, isDone);
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    const copying = activitiesOn(kill.registry(registry), kill.promotions(harbour.promotions));
    const outcome = await inActivity(() => copying.copy(promotion)).catch((error: unknown) => error);
    if (!kill.hasDied()) {
      expect(outcome).toEqual({ outcome: 'copied' });
      expect(held()).toHaveLength(before.length + 4);
      expect(died).toBeGreaterThan(6);
      return;
    }
    died += 1;
    expect(outcome).toBeInstanceOf(Killed);
    const undoing = activitiesOn(registry, harbour.promotions);
    await undoing.undo(promotion, { state: 'failed', reason: 'the process was killed' });
    expect({ step, held: held() }).toEqual({ step, held: before });
  }
  throw new Error('the copy never came to its end');
});

test('a claim that was given up while it copied makes nothing more', async () => {
  const { registry, promotion, held, before } = await prepare('late');
  await harbour.promotions.reserve(promotion, LEASE_SECONDS);
  // Its worker sleeps through the undo, and wakes before its first write.
  const late: PromotionBook = {
    ...harbour.promotions,
    async recordCreated(key, created) {
      await activitiesOn(registry, harbour.promotions).undo(key, { state: 'undone', reason: 'taken over' });
      return harbour.promotions.recordCreated(key, created);
    },
  };
  expect(await inActivity(() => activitiesOn(registry, late).copy(promotion))).toEqual({
    outcome: 'refused',
    state: 'cancelled',
    reason: 'the promotion is undone: taken over',
  });
  expect(held()).toEqual(before);
});

test('an undo that dies between giving up the claim and removing what it made is finished by the next one', async () => {
  const faults = directHere();
  const { registry, promotion, held, before } = await prepare('released');
  await harbour.promotions.reserve(promotion, LEASE_SECONDS);
  const activities = activitiesOn(registry, harbour.promotions);
  expect(await inActivity(() => activities.copy(promotion))).toEqual({ outcome: 'copied' });
  const trap = faults.stopAt('promotion.released', { about: promotion.digest });
  const end = { state: 'undone', reason: 'taken back' } as const;
  const undoing = activities.undo(promotion, end);
  (await trap.stopped).fail('the process is gone');
  await expect(undoing).rejects.toThrow('the process is gone');
  faults.close();
  expect(held()).toHaveLength(before.length + 4);
  await activities.undo(promotion, end);
  expect(held()).toEqual(before);
});

test('a quarantine that stops a copy is named', async () => {
  const { registry, promotion } = await prepare('fenced');
  await harbour.promotions.reserve(promotion, LEASE_SECONDS);
  const { id } = await harbour.incidents.open({
    selector: { kind: 'digest', value: promotion.digest },
    reason: 'a leaked key',
    actor: 'ann',
  });
  const activities = activitiesOn(registry, harbour.promotions);
  const copied = await inActivity(() => activities.copy(promotion));
  expect(copied).toEqual({
    outcome: 'refused',
    state: 'quarantined',
    reason: `quarantined by incident ${id}: a leaked key`,
  });
  await activities.undo(promotion, { state: 'quarantined', reason: (copied as { reason: string }).reason });
  const told = await own.db
    .selectFrom('outbox')
    .select('data')
    .where('type', '=', 'promotion.quarantined')
    .where('subject', '=', `shop@${promotion.digest}`)
    .execute();
  expect(told).toMatchObject([{ data: { reason: `quarantined by incident ${id}: a leaked key` } }]);
});

test('nothing goes live where the registry no longer shows what was copied', async () => {
  const { registry, promotion } = await prepare('vanished');
  await harbour.promotions.reserve(promotion, LEASE_SECONDS);
  const activities = activitiesOn(registry, harbour.promotions);
  await inActivity(() => activities.copy(promotion));
  await registry.deleteManifest('dev/shop', promotion.digest);
  expect(await activities.goLive(promotion)).toEqual({
    outcome: 'refused',
    state: 'cancelled',
    reason: 'dev/shop does not show the artifact',
  });
  await inActivity(() => activities.copy(promotion));
  // As an admission does, with what it attaches itself.
  const unlisted = { outcome: 'refused', reason: expect.stringContaining('2 of 2 pieces of evidence') as string };
  expect(await activities.goLive(promotion)).toMatchObject(unlisted);
  const copied = await harbour.evidence.recordedWithChildren({ repository: 'dev/shop', digest: promotion.digest });
  await createRegistryEvidenceDesk(registry).attach('dev/shop', [], 'later', copied);
  expect(await activities.goLive(promotion)).toMatchObject({ outcome: 'live' });
});
