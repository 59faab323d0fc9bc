import { expect, test } from 'vitest';
import { createQuarantineActivities } from '../../../activities/quarantine.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { RegistryError } from '../../../domain/artifact/registry.ts';
import { type Holding, placeOf, type QuarantineBook } from '../../../domain/incident/quarantine-book.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, manifestBytes, pushImage } from '../../images.ts';

const holding: Holding = {
  ...{ environment: 'prod', destination: 'prod/shop', repository: 'shop', quarantine: 'quarantine/shop' },
};
const other = `sha256:${'b'.repeat(64)}` as Digest;

async function stage(places: readonly Holding[] = [holding]) {
  const { registry } = createMemoryRegistry();
  const image = await buildImage({ layers: [{ files: { app: 'here' } }] });
  const digest = await pushImage(registry, 'prod/shop', image);
  const key = { digest, incident: 'inc-1' };
  const activities = (changed: object) => {
    const nobody = () => Promise.reject(new Error('nothing is copied'));
    const book: Partial<QuarantineBook> = { holdings: async () => [holding], places: async () => places };
    const deps = { registry: { ...registry, ...changed }, copyArtifact: nobody, quarantines: book as QuarantineBook };
    return createQuarantineActivities(deps);
  };
  const readBack = (changed: object = {}) => activities(changed).readBack(key, [holding]);
  const holdings = (changed: object = {}, after?: string) => activities(changed).holdings(key, after);
  return { registry, image, digest, readBack, holdings };
}

test('places are told in turn, a page after another: of those that nothing is recorded of, the ones where it is', async () => {
  const at = (name: string): Holding => ({
    ...{ environment: 'prod', destination: `prod/${name}`, repository: name, quarantine: `quarantine/${name}` },
  });
  const names = Array.from({ length: 250 }, (_, index) => `team-${String(index).padStart(4, '0')}`);
  const { registry, image, holdings } = await stage([holding, ...names.map(at)]);
  const there = names.filter((_, index) => index % 2 === 0);
  for (const name of there) await pushImage(registry, `prod/${name}`, image);
  const first = await holdings();
  expect(first).toHaveLength(100);
  const second = await holdings({}, placeOf(first.at(-1)!));
  expect([...first, ...second].map(({ repository }) => repository)).toEqual(['shop', ...there]);
  expect(await holdings({}, placeOf(second.at(-1)!))).toEqual([]);
});

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

test('where nothing says that it is, the registry is asked: a place that refuses holds up no other, and it is not out there', async () => {
  const place = (destination: string): Holding => ({ ...holding, destination });
  const places = ['prod/shop', 'dev/shop', 'staging/shop', 'dev/none'].map(place);
  const { registry, image, digest, readBack, holdings } = await stage(places);
  await pushImage(registry, 'dev/shop', image);
  const answering = (code: 'REGISTRY_DENIED' | 'REGISTRY_REFUSED' | 'REGISTRY_BAD_MANIFEST') => ({
    resolve: async (repository: string, reference: string) => {
      if (repository === 'staging/shop') throw new RegistryError(code, `${repository}: ${code}`);
      return registry.resolve(repository, reference);
    },
  });
  const told = async (changed: object) => (await holdings(changed)).map(({ destination }) => destination);
  expect(await told(answering('REGISTRY_DENIED'))).toEqual(['dev/shop', 'prod/shop']);
  expect(await told(answering('REGISTRY_REFUSED'))).toEqual(['dev/shop', 'prod/shop']);
  expect(await told(answering('REGISTRY_BAD_MANIFEST'))).toEqual(['dev/shop', 'prod/shop', 'staging/shop']);
  for (const repository of ['prod/shop', 'dev/shop']) await registry.deleteManifest(repository, digest);
  expect(await readBack(answering('REGISTRY_REFUSED'))).toEqual({
    ...{ clean: false, seen: ['staging/shop: REGISTRY_REFUSED'] },
  });
  await expect(readBack(answering('REGISTRY_DENIED'))).rejects.toThrow('REGISTRY_DENIED');
  expect(await readBack()).toEqual({ clean: true, seen: [] });
});
