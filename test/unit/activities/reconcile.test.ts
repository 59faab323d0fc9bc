import { expect, test } from 'vitest';
import { createReconcileActivities, type ReconcileDependencies } from '../../../activities/reconcile.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { RegistryError } from '../../../domain/artifact/registry.ts';
import type { GoneBook, LivePlace } from '../../../domain/promotion/gone-book.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, manifestBytes, pushImage } from '../../images.ts';
import { inActivity } from '../../in-activity.ts';

const nothingLive: GoneBook = {
  livePlaces: async () => [],
  recordGone: () => Promise.reject(new Error('nothing is gone')),
  recordBack: () => Promise.reject(new Error('nothing is back')),
};

test.each([
  ['a repository that can not be listed', 'endless: more than 100 pages of tags'],
  ['a tag that can not be read', 'shop:0.9: not a manifest'],
])('%s is told, and keeps nobody from looking at the others', async (_, message) => {
  const { registry } = createMemoryRegistry();
  const image = await buildImage({ layers: [{ files: { app: 'missed' } }] });
  await pushImage(registry, 'shop', image);
  for (const tag of ['0.9', '1.0']) await registry.putManifest('shop', tag, manifestBytes(image), image.top.mediaType);
  const [place] = message.split(': ');
  const started: string[] = [];
  const reported: unknown[] = [];
  const deps = {
    registry: {
      ...registry,
      listRepositories: async () => ['endless', 'shop'],
      listTags: async (repository: string) => {
        if (repository === place) throw new RegistryError('REGISTRY_TOO_LARGE', message);
        return registry.listTags(repository);
      },
      resolve: async (repository: string, reference: string) => {
        if (`${repository}:${reference}` === place) throw new RegistryError('REGISTRY_BAD_MANIFEST', message);
        return registry.resolve(repository, reference);
      },
    },
    isTakenIn: async () => true,
    clock: async () => '2026-01-02T03:04:05.678901+00:00',
    takeIn: async ({ tag }) => (tag === '1.0' ? 1 : undefined),
    startPipeline: async ({ repository, digest }) => void started.push(`${repository}@${digest}`),
    report: async (result) => void reported.push(result),
    gone: nothingLive,
  } satisfies ReconcileDependencies;
  const run = inActivity(() => createReconcileActivities(deps).reconcileRegistry());
  await expect(run).rejects.toThrow(message);
  expect(started).toEqual([`shop@${image.top.digest}`]);
  expect(reported).toEqual([]);
});

test('a look is as old as the database’s clock says before it, whatever this worker’s says', async () => {
  const { registry } = createMemoryRegistry();
  const image = await buildImage({ layers: [{ files: { app: 'seen' } }] });
  await pushImage(registry, 'shop', image);
  for (const tag of ['1.0', '1.1']) await registry.putManifest('shop', tag, manifestBytes(image), image.top.mediaType);
  const steps: string[] = [];
  const deps = {
    registry: {
      ...registry,
      listRepositories: async () => ['shop'],
      resolve: async (repository: string, reference: string) => {
        steps.push(`look at ${reference}`);
        return registry.resolve(repository, reference);
      },
    },
    isTakenIn: async () => true,
    clock: async () => `${steps.push('clock')}`,
    takeIn: async ({ tag, seenAt }) => void steps.push(`${tag} seen at ${seenAt}`),
    startPipeline: async () => undefined,
    report: async () => undefined,
    gone: nothingLive,
  } satisfies ReconcileDependencies;
  await inActivity(() => createReconcileActivities(deps).reconcileRegistry());
  const looked = ['clock', 'look at 1.0', '1.0 seen at 1', 'clock', 'look at 1.1', '1.1 seen at 4'];
  expect(steps).toEqual(looked);
});

test.each(['first', 'first:1', 'dev/first'])(
  'a worker that shuts down while it looks at %s looks at nothing after it',
  async (place) => {
    const { registry } = createMemoryRegistry();
    const ending = new AbortController();
    const looked: string[] = [];
    const look = (at: string): void => {
      looked.push(at);
      if (at === place) ending.abort(new Error('the worker shuts down'));
    };
    const deps = {
      registry: {
        ...registry,
        listRepositories: async () => ['first', 'second'],
        listTags: async (repository: string) => {
          look(repository);
          return ['1', '2'];
        },
        resolve: async (repository: string, reference: string) => {
          look(`${repository}:${reference}`);
          return undefined;
        },
      },
      isTakenIn: async () => true,
      clock: async () => '2026-01-02T03:04:05.678901+00:00',
      takeIn: async () => undefined,
      startPipeline: async () => undefined,
      report: async () => undefined,
      gone: { ...nothingLive, livePlaces: async () => ['dev/first', 'dev/second'].map(placeOf) },
    } satisfies ReconcileDependencies;
    const run = inActivity(() => createReconcileActivities(deps).reconcileRegistry(), ending.signal);
    await expect(run).rejects.toThrow('the worker shuts down');
    expect(looked.at(-1)).toBe(place);
  },
);

/** Of which a list of tags says all there is to know. */
function placeOf(destination: string): LivePlace {
  const key = { repository: 'shop', digest: `sha256:${'a'.repeat(64)}` as Digest };
  return { place: { environment: 'dev', destination }, key, tag: 'lacking', lacks: 'tag' };
}
