/** Which events the open run of an artifact is told of: what it may be waiting for, and nothing else. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';
import type { IntakeEvent } from '../../../domain/events/intake-event.ts';
import { handleIntakeEvent } from '../../../services/dispatcher/handle-intake-event.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, buildReferrer, pushImage } from '../../images.ts';
import { createHarbour, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let version = 0;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
});
afterAll(() => own.drop());

/** An image that was pushed and is being looked at; `tell` returns what its run was told of because of an event. */
async function beingLookedAt(grace: string) {
  version += 1;
  const text = policyText(version).replace("repositories: ['**']", `repositories: ['**'], provenanceGrace: ${grace}`);
  await harbour.policies.activate(text, 'policy.yaml', 'test');
  const { registry } = createMemoryRegistry();
  const image = await buildImage({ layers: [{ files: { app: `news ${version}` } }] });
  await pushImage(registry, 'shop', image);
  const told: number[] = [];
  const tell = async (event: object) => {
    told.length = 0;
    const whole = {
      id: randomUUID(),
      source: '/test',
      occurredAt: new Date().toISOString(),
      repository: 'shop',
      ...event,
    };
    const deps = {
      ledger: harbour.intake,
      policies: harbour.policies,
      registry,
      startPipeline: async (_key: object, generation: number) => void told.push(generation),
    };
    await handleIntakeEvent(deps, whole as IntakeEvent, undefined);
    return [...told];
  };
  const pushed = { kind: 'artifact-pushed', digest: image.top.digest, mediaType: mediaTypes.ociManifest };
  expect(await tell(pushed)).toEqual([1]);
  return { registry, image, tell, pushed };
}

const build = {
  kind: 'build-finished',
  commit: 'c'.repeat(40),
  sourceRepository: 'https://git.example.com/shop',
  builder: { id: 'ci' },
  toolchain: {},
};

test.each([
  ['where the policy gives provenance time to come', 'PT10M', [1]],
  ['not where the policy gives it none', 'PT0S', []],
])('a build and a referrer are told of %s', async (_, grace, told) => {
  const { registry, image, tell } = await beingLookedAt(grace);
  expect(await tell({ ...build, digest: image.top.digest })).toEqual(told);
  const referrer = buildReferrer(image.top, 'application/test', 'provenance');
  await pushImage(registry, 'shop', referrer);
  expect(
    await tell({ kind: 'artifact-pushed', digest: referrer.top.digest, mediaType: mediaTypes.ociManifest }),
  ).toEqual(told);
});

test('a tag is told of, the same push once more is not', async () => {
  const { tell, pushed } = await beingLookedAt('PT0S');
  expect(await tell(pushed)).toEqual([]);
  expect(await tell({ ...pushed, tag: '1.0' })).toEqual([1]);
});
