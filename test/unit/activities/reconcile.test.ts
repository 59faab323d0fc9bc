import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { createReconcileActivities, type ReconcileDependencies } from '../../../activities/reconcile.ts';
import { RegistryError } from '../../../domain/artifact/registry.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, manifestBytes, pushImage } from '../../images.ts';

test('a repository that can not be listed is told, and keeps nobody from looking at the others', async () => {
  const { registry } = createMemoryRegistry();
  const image = await buildImage({ layers: [{ files: { app: 'missed' } }] });
  await pushImage(registry, 'shop', image);
  await registry.putManifest('shop', '1.0', manifestBytes(image), image.top.mediaType);
  const started: string[] = [];
  const reported: unknown[] = [];
  const deps = {
    registry: {
      ...registry,
      listRepositories: async () => ['endless', 'shop'],
      listTags: async (repository: string) => {
        if (repository === 'shop') return registry.listTags(repository);
        throw new RegistryError('REGISTRY_TOO_LARGE', 'endless: more than 100 pages of tags');
      },
    },
    isTakenIn: async () => true,
    takeIn: async () => 1,
    startPipeline: async ({ repository, digest }) => void started.push(`${repository}@${digest}`),
    report: async (result) => void reported.push(result),
  } satisfies ReconcileDependencies;
  const run = asyncLocalStorage.run({ heartbeat: () => undefined } as unknown as Context, () =>
    createReconcileActivities(deps).reconcileRegistry(),
  );
  await expect(run).rejects.toThrow('endless: more than 100 pages of tags');
  expect(started).toEqual([`shop@${image.top.digest}`]);
  expect(reported).toEqual([]);
});
