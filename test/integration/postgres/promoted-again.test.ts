/** What was let in once, and is not there any more, enters again: nothing of the first time is waited for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPromotionActivities } from '../../../activities/promotion.ts';
import { copyArtifact } from '../../../adapters/oci/copy-artifact.ts';
import { createInProcessLease } from '../../../adapters/oci/in-process-lease.ts';
import { cancelPromotion } from '../../../adapters/postgres/cancel-promotion.ts';
import { createDecisionTickets } from '../../../adapters/postgres/decision-tickets.ts';
import { createRegistryEvidenceDesk } from '../../../adapters/sigstore/registry-evidence-desk.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { PromotionKey } from '../../../domain/promotion/promotion-book.ts';
import type { EvidenceToAttach } from '../../../domain/trust/evidence-desk.ts';
import { predicateTypes } from '../../../domain/trust/statement.ts';
import { handleIntakeEvent } from '../../../services/dispatcher/handle-intake-event.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, buildReferrer, manifestBytes, pushImage } from '../../images.ts';
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

/** Pushed, signed by somebody, and let in by hand: each generation signs its own record, as the trust worker does. */
async function prepare(name: string) {
  const { registry, repository } = createMemoryRegistry();
  const image = await buildImage({ layers: [{ files: { app: name } }] });
  await pushImage(registry, 'shop', image);
  const signature = buildReferrer(image.top, 'application/test', name);
  await pushImage(registry, 'shop', signature);
  await registry.attachReferrers('shop', image.top.digest, [
    { bytes: manifestBytes(signature), mediaType: signature.top.mediaType },
  ]);
  const { digest: manifest } = signature.top;
  await harbour.evidence.record('shop', [
    harbour.signedBy('somebody', image.top.digest, { manifest, bundle: manifest }),
  ]);
  const desk = createRegistryEvidenceDesk(registry);
  const activities = createPromotionActivities({
    registry,
    promotions: harbour.promotions,
    tickets: createDecisionTickets(own.db),
    evidence: harbour.evidence,
    desk,
    copyArtifact: (route) => copyArtifact(registry, route),
    lease: createInProcessLease(),
    startPromotions: () => Promise.resolve(),
    wake: () => Promise.resolve(),
  });
  /** Reserved, copied, admitted; the digest of what says so. */
  const admitted = async (promotion: PromotionKey): Promise<Digest> => {
    expect(await activities.reserve(promotion)).toMatchObject({ outcome: 'reserved' });
    expect(await inActivity(() => activities.copy(promotion))).toEqual({ outcome: 'copied' });
    const item: EvidenceToAttach = {
      ...{ subject: image.top, predicateType: predicateTypes.promotion, created: '2026-01-01T00:00:00Z' },
      bundle: Buffer.from(`{"generation":${promotion.generation}}`),
    };
    const manifest = desk.manifestOf(item);
    expect(await harbour.promotions.recordCreated(promotion, [manifest])).toBe(true);
    const there = await harbour.evidence.recorded({ repository: 'dev/shop', digest: promotion.digest });
    await desk.attach('dev/shop', [item], 'later', there);
    await harbour.evidence.record('dev/shop', [
      harbour.signedBy('admission', promotion.digest, {
        ...{ manifest, bundle: manifest, origin: 'own', predicateType: predicateTypes.promotion },
      }),
    ]);
    return manifest;
  };
  const key: ArtifactKey = { repository: 'shop', digest: image.top.digest };
  const askedAgain = async (): Promise<PromotionKey> => {
    const starts = await harbour.requestByPerson({ environment: 'dev', key, rollback: false, actor: 'ada' });
    return starts![0]!.key;
  };
  const recorded = async () =>
    (await harbour.evidence.recorded({ repository: 'dev/shop', digest: key.digest })).map((one) => one.manifest);
  return { registry, held: () => repository('dev/shop').manifests, key, activities, admitted, askedAgain, recorded };
}

test('cancelled after it was admitted, and asked for again', async () => {
  const { key, activities, admitted, askedAgain, recorded } = await prepare('cancelled');
  const first = await harbour.requestDev(key);
  const said = await admitted(first);
  await cancelPromotion(own.db, { environment: 'dev', key, reason: 'wrong', actor: 'ada' });
  const refused = await activities.goLive(first);
  expect(refused).toMatchObject({ outcome: 'refused', state: 'cancelled' });
  await activities.undo(first, { state: 'waiting', reason: 'cancelled' });
  expect(await activities.reserve(first)).toMatchObject({ outcome: 'ended', state: 'cancelled' });
  const second = await askedAgain();
  const saidAgain = await admitted(second);
  expect(await activities.goLive(second)).toMatchObject({ outcome: 'live' });
  const shown = await recorded();
  expect(shown).not.toContain(said);
  expect(shown).toContain(saidAgain);
  // Asked for the same reservation again, it keeps what was made under it.
  await activities.reserve(second);
  expect(await recorded()).toEqual(shown);
});

test('taken out by an incident, and with it what was attached to it, as some registries do', async () => {
  const { registry, held, key, activities, admitted, askedAgain } = await prepare('quarantined');
  const first = await harbour.requestDev(key);
  await admitted(first);
  expect(await activities.goLive(first)).toMatchObject({ outcome: 'live' });
  for (const digest of [...held().keys()]) await registry.deleteManifest('dev/shop', digest);
  const incident = { digest: key.digest, incident: 'none' };
  const [holding] = await harbour.quarantines.holdings(incident);
  await harbour.quarantines.recordRemoved(incident, holding!);
  const second = await askedAgain();
  await admitted(second);
  expect(await activities.goLive(second)).toMatchObject({ outcome: 'live' });
});

test('deleted by somebody, and with it what was attached to it, as some registries do', async () => {
  const { registry, held, key, activities, admitted, askedAgain } = await prepare('deleted');
  const first = await harbour.requestDev(key);
  await admitted(first);
  expect(await activities.goLive(first)).toMatchObject({ outcome: 'live' });
  for (const digest of [...held().keys()]) await registry.deleteManifest('dev/shop', digest);
  const deps = { ledger: harbour.intake, policies: harbour.policies, registry, startPipeline: async () => undefined };
  const place = { environment: 'dev', key, rollback: false, actor: 'ada' };
  expect(await harbour.requestByPerson(place)).toEqual([]);
  const told = { source: '/registries/test', occurredAt: new Date().toISOString(), repository: 'dev/shop' };
  await handleIntakeEvent(deps, { kind: 'artifact-deleted', id: 'deleted', ...told, digest: key.digest }, undefined);
  const second = await askedAgain();
  await admitted(second);
  expect(await activities.goLive(second)).toMatchObject({ outcome: 'live' });
  // Told late, of what is there again by now.
  await handleIntakeEvent(deps, { kind: 'artifact-deleted', id: 'late', ...told, digest: key.digest }, undefined);
  expect(await harbour.requestByPerson(place)).toEqual([]);
});

test('what says that a part of it was let in stays, where another that is there holds that part', async () => {
  const { key: child } = await prepare('shared');
  const [there, next] = [await prepare('holds it'), await prepare('holds it too')];
  const admission = harbour.signedBy('admission', child.digest, { origin: 'own' });
  const live = await harbour.requestDev(there.key, { children: [child.digest] });
  await harbour.promotions.reserve(live, LEASE_SECONDS);
  await harbour.evidence.record('dev/shop', [admission]);
  const promotion = await harbour.requestDev(next.key, { children: [child.digest] });
  await harbour.promotions.reserve(promotion, LEASE_SECONDS);
  expect(await harbour.evidence.recorded({ repository: 'dev/shop', digest: child.digest })).toEqual([admission]);
});
