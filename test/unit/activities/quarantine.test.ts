import { expect, test } from 'vitest';
import { createQuarantineActivities } from '../../../activities/quarantine.ts';
import { RegistryError } from '../../../domain/artifact/registry.ts';
import type { Holding, QuarantineBook } from '../../../domain/incident/quarantine-book.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, manifestBytes, pushImage } from '../../images.ts';

const holding: Holding = {
  ...{ environment: 'prod', destination: 'prod/shop', repository: 'shop', quarantine: 'quarantine/shop' },
};

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
