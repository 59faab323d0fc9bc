import { expect, test } from 'vitest';
import { createQuarantineActivities } from '../../../activities/quarantine.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { RegistryError } from '../../../domain/artifact/registry.ts';
import type { Holding, QuarantineBook } from '../../../domain/incident/quarantine-book.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, manifestBytes, pushImage } from '../../images.ts';

const holding: Holding = {
  ...{ environment: 'prod', destination: 'prod/shop', repository: 'shop', quarantine: 'quarantine/shop' },
};
const other = `sha256:${'b'.repeat(64)}` as Digest;

async function stage() {
  const { registry } = createMemoryRegistry();
  const image = await buildImage({ layers: [{ files: { app: 'here' } }] });
  const digest = await pushImage(registry, 'prod/shop', image);
  const readBack = (changed: object = {}) => {
    const nobody = () => Promise.reject(new Error('reading back asks the registry alone'));
    const deps = { registry: { ...registry, ...changed }, copyArtifact: nobody, quarantines: {} as QuarantineBook };
    return createQuarantineActivities(deps).readBack({ digest, incident: 'inc-1' }, [holding]);
  };
  return { registry, image, digest, readBack };
}

test('every tag is looked at, however many there are', async () => {
  const { registry, image, digest, readBack } = await stage();
  const other = await buildImage({ layers: [{ files: { app: 'another' } }] });
  await pushImage(registry, 'prod/shop', other);
  for (let build = 1; build <= 40; build += 1) {
    const { bytes, mediaType } = {
      bytes: manifestBytes(build % 20 === 0 ? image : other),
      mediaType: image.top.mediaType,
    };
    await registry.putManifest('prod/shop', `1.${build}`, bytes, mediaType);
  }
  const seen = [`prod/shop@${digest}`, 'prod/shop:1.20', 'prod/shop:1.40'];
  expect(await readBack()).toEqual({ clean: false, seen });
  await registry.deleteManifest('prod/shop', digest);
  expect(await readBack()).toEqual({ clean: true, seen: [] });
});

test('what the registry does not list is not out, and is looked at again; a registry that is away is tried again', async () => {
  const { registry, digest, readBack } = await stage();
  await registry.deleteManifest('prod/shop', digest);
  const failing = (code: 'REGISTRY_TOO_LARGE' | 'REGISTRY_UNAVAILABLE') => ({
    listTags: () => Promise.reject(new RegistryError(code, 'prod/shop: more than 100 pages of tags')),
  });
  expect(await readBack(failing('REGISTRY_TOO_LARGE'))).toEqual({
    ...{ clean: false, seen: ['prod/shop: more than 100 pages of tags'] },
  });
  await expect(readBack(failing('REGISTRY_UNAVAILABLE'))).rejects.toThrow();
});

test('a tag of something older than what we read names something else, and one that is refused hides none of the others', async () => {
  const { registry, image, digest, readBack } = await stage();
  for (const tag of ['0.9', '1.0', '1.1'])
    await registry.putManifest('prod/shop', tag, manifestBytes(image), image.top.mediaType);
  const answering = (named: Digest, refused?: string) => ({
    resolve: async (repository: string, reference: string) => {
      if (reference === '0.9') throw new RegistryError('REGISTRY_BAD_MANIFEST', 'schema 1', { digest: named });
      if (reference === refused) throw new RegistryError('REGISTRY_REFUSED', `${repository}:${reference}: HTTP 400`);
      return registry.resolve(repository, reference);
    },
  });
  expect(await readBack(answering(other, '1.0'))).toEqual({
    clean: false,
    seen: [`prod/shop@${digest}`, 'prod/shop:1.0: HTTP 400', 'prod/shop:1.1'],
  });
  expect(await readBack(answering(digest))).toMatchObject({ seen: expect.arrayContaining(['prod/shop:0.9']) });
  await registry.deleteManifest('prod/shop', digest);
  const tags = { listTags: async () => ['0.9', '1.0'] };
  expect(await readBack({ ...answering(other), ...tags })).toEqual({ clean: true, seen: [] });
  expect(await readBack({ ...answering(other, '1.0'), ...tags })).toEqual({
    ...{ clean: false, seen: ['prod/shop:1.0: HTTP 400'] },
  });
});
