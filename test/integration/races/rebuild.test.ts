/** The end of a rebuild, broken off between any two of its writes and tried again: one tag, one generation, one conclusion. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createRebuildActivities } from '../../../activities/rebuild.ts';
import { compareImages } from '../../../adapters/builder/compare-images.ts';
import { createEgress, type Egress } from '../../../adapters/egress/egress.ts';
import { copyArtifact } from '../../../adapters/oci/copy-artifact.ts';
import { createOciRegistry } from '../../../adapters/oci/oci-registry.ts';
import { createPostgresBlobStore } from '../../../adapters/postgres/blob-store.ts';
import { createPostgresLease } from '../../../adapters/postgres/lease.ts';
import { createPushIntents } from '../../../adapters/postgres/push-intents.ts';
import { createRebuildBook, createRebuildDesk } from '../../../adapters/postgres/rebuild-book.ts';
import { createRegistryEvidenceDesk } from '../../../adapters/sigstore/registry-evidence-desk.ts';
import type { Registry } from '../../../domain/artifact/registry.ts';
import { handleIntakeEvent } from '../../../services/dispatcher/handle-intake-event.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import type { FaultDirector } from '../../faults/fault-director.ts';
import { directHere } from '../../faults/obey.ts';
import { buildImage, buildReferrer, manifestBytes, pushImage, type TestImage } from '../../images.ts';
import { inActivity } from '../../in-activity.ts';
import { infra } from '../../infra.ts';
import { createHarbour, type Harbour, policyText } from '../postgres/harbour.ts';

/** The registry may be one that other runs used. */
const prefix = `races-${randomBytes(4).toString('hex')}`;

let own: TestDatabase;
let harbour: Harbour;
let egress: Egress;
let registry: Registry;
/** What Pratique's own hands write with. */
let ours: Registry;
let faults: FaultDirector;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
  const host = infra().registry;
  egress = createEgress({ configuredHosts: [host], allowPublicHosts: false });
  registry = createOciRegistry({ host, egress, lease: createPostgresLease(own.db) });
  ours = createOciRegistry({ host, egress, lease: createPostgresLease(own.db), beforePush: createPushIntents(own.db) });
});
afterAll(async () => {
  await egress.close();
  await own.drop();
});
beforeEach(() => {
  faults = directHere();
});
afterEach(() => faults.close());

async function referrerOf(repository: string, { top }: TestImage, payload: string) {
  const referrer = buildReferrer(top, 'application/vnd.test', payload);
  await pushImage(registry, repository, referrer);
  await registry.attachReferrer(repository, top.digest, manifestBytes(referrer), referrer.top.mediaType);
  return referrer.top.digest;
}

test.each(['rebuild.copied', 'rebuild.tagged', 'rebuild.concluded'] as const)('broken off at %s', async (point) => {
  const repository = `${prefix}/${point.replace('.', '-')}`;
  const target = `rebuild/${repository}`;
  const [original, rebuilt] = await Promise.all([
    buildImage({ layers: [{ files: { app: `${point} as it was` } }] }),
    buildImage({ layers: [{ files: { app: `${point} rebuilt` } }] }),
  ]);
  await pushImage(registry, repository, original, 'v1');
  await pushImage(registry, target, rebuilt);
  const [signature, provenance] = [
    await referrerOf(target, rebuilt, 'signature'),
    await referrerOf(target, rebuilt, 'provenance'),
  ];
  const key = { repository, digest: original.top.digest };
  await harbour.push(key, { tag: 'v1' });
  const asked = await createRebuildDesk(own.db, () => Promise.resolve()).request({ key, reason: 'race', actor: 'ann' });
  if (asked.outcome !== 'requested') throw new Error(JSON.stringify(asked));
  const started: string[] = [];
  const { concludeRebuild } = createRebuildActivities({
    registry: ours,
    rebuilds: createRebuildBook(own.db, harbour.policies),
    desk: createRegistryEvidenceDesk(ours),
    blobs: createPostgresBlobStore(own.db),
    copyArtifact: (route) => copyArtifact(ours, route),
    compareImages: (before, after, signal) =>
      compareImages({ registry, ...before }, { registry, ...after }, { signal }),
    startPipeline: async ({ digest }, generation) => void started.push(`${digest}#${generation}`),
  });
  const conclude = () =>
    inActivity(() =>
      concludeRebuild({ ...key, rebuild: asked.rebuild }, target, {
        ...{ digest: rebuilt.top.digest, signature, provenance, log: '' },
      }),
    );
  const trap = faults.stopAt(point);
  const broken = conclude();
  (await trap.stopped).fail('the process is gone');
  await expect(broken).rejects.toThrow('the process is gone');
  expect(await conclude()).toMatchObject({ identical: false });

  const { digest } = rebuilt.top;
  expect((await registry.resolve(repository, 'v1'))?.digest).toBe(digest);
  expect((await registry.listReferrers(repository, digest)).map((one) => one.digest).sort()).toEqual(
    [signature, provenance].sort(),
  );
  expect(started).toEqual([`${digest}#1`]);
  const { rows } = await sql`select generation from generation where digest = ${digest}`.execute(own.db);
  expect(rows).toEqual([{ generation: 1 }]);
  const told = await harbour.eventsOf(`${repository}@${original.top.digest}`);
  expect(told.filter(({ type }) => type.startsWith('artifact.rebuil'))).toHaveLength(2);

  // The registry tells of the tag we moved, and of one that somebody gave the same bytes.
  const push = (tag: string) =>
    handleIntakeEvent(
      { ledger: harbour.intake, policies: harbour.policies, registry, startPipeline: async () => undefined },
      {
        ...{ kind: 'artifact-pushed', id: `${point} ${tag}`, source: '/registries/test', repository, digest, tag },
        ...{ occurredAt: new Date().toISOString(), mediaType: rebuilt.top.mediaType },
      },
      undefined,
    );
  expect(await push('v1')).toEqual({ outcome: 'dropped' });
  expect(await push('v2')).toMatchObject({ outcome: 'joined', generation: 1 });
  const tags = await sql`select tag from tag where digest = ${digest} order by tag`.execute(own.db);
  expect(tags.rows).toEqual([{ tag: 'v1' }, { tag: 'v2' }]);
});
