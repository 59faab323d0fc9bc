import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFileLayerCache } from '../../../../adapters/sbom/file-layer-cache.ts';
import {
  createImageStockTaker,
  type ImageStockTakerOptions,
  isPlatform,
} from '../../../../adapters/sbom/image-stock-taker.ts';
import { readSbom } from '../../../../adapters/sbom/read-sbom.ts';
import { createSbomPublisher } from '../../../../adapters/sbom/sbom-publisher.ts';
import type { BlobStore } from '../../../../domain/artifact/blob-store.ts';
import { type Manifest, manifestSchema, mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { RegistryError } from '../../../../domain/artifact/registry.ts';
import type { TakenPlatform } from '../../../../domain/catalog/stock-taker.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';
import {
  buildImage,
  buildIndex,
  digestOf,
  manifestBytes,
  pushImage,
  type TestImage,
  type TestLayer,
} from '../../../images.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';

const status = (...packages: string[]): string =>
  packages
    .map((one) => `Package: ${one}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n`)
    .join('\n');

const base: TestLayer = {
  files: {
    'usr/lib/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    'var/lib/dpkg/status': status('base-files', 'vim'),
    'usr/share/doc/vim/copyright':
      'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: Vim\n',
  },
  links: { 'etc/os-release': '../usr/lib/os-release' },
  compression: 'zstd',
};
const app: TestLayer = {
  files: {
    'var/lib/dpkg/status': status('base-files', 'curl'),
    'app/node_modules/left/package.json': '{"name": "left", "version": "1.3.0", "license": "MIT"}',
    'app/node_modules/.wh.old': '',
  },
};

const progress = (): void => undefined;
const { signal } = new AbortController();

async function take(
  image: TestImage,
  options: ImageStockTakerOptions & { break?: (blobs: Map<Digest, Uint8Array>) => void } = {},
) {
  const registry = createMemoryRegistry();
  const digest = await pushImage(registry.registry, 'shop', image);
  options.break?.(registry.repository('shop').blobs);
  const taker = createImageStockTaker(registry.registry, options);
  return { registry, digest, taken: await taker.take('shop', digest, { signal, progress }) };
}

function only(taken: readonly TakenPlatform[]): TakenPlatform {
  expect(taken).toHaveLength(1);
  return taken[0] as TakenPlatform;
}

/** The image with its manifest changed; configuration and layers stay. */
function rewrite(image: TestImage, change: (manifest: Manifest) => object): TestImage {
  const bytes = new TextEncoder().encode(
    JSON.stringify(change(manifestSchema.parse(JSON.parse(new TextDecoder().decode(manifestBytes(image)))))),
  );
  const digest = digestOf(bytes);
  return { top: { ...image.top, digest, size: bytes.length }, blobs: new Map([...image.blobs, [digest, bytes]]) };
}

describe('an image', () => {
  test('its stock: what is left of all layers, and where each component came from', async () => {
    const image = await buildImage({ layers: [base, app], created: '2024-01-02T03:04:05Z' });
    const { platform, stock, created, diffIds, digest } = only((await take(image)).taken);
    expect(stock.complete).toBe(true);
    expect(stock.operatingSystem).toEqual({ id: 'debian', versionId: '12', name: 'Debian GNU/Linux 12 (bookworm)' });
    expect(stock.components.map(({ purl, locations }) => [purl, locations])).toEqual([
      [
        'pkg:deb/debian/base-files@1.0-1?arch=amd64&distro=debian-12',
        [{ path: '/var/lib/dpkg/status', layer: diffIds[0] }],
      ],
      ['pkg:deb/debian/curl@1.0-1?arch=amd64&distro=debian-12', [{ path: '/var/lib/dpkg/status', layer: diffIds[1] }]],
      ['pkg:npm/left@1.3.0', [{ path: '/app/node_modules/left/package.json', layer: diffIds[1] }]],
    ]);
    expect({ platform, created, digest }).toEqual({
      platform: { os: 'linux', architecture: 'amd64' },
      created: '2024-01-02T03:04:05Z',
      digest: image.top.digest,
    });
  });

  test('an index: each platform has its own, attestations have none', async () => {
    const amd = await buildImage({ layers: [base] });
    const arm = await buildImage({
      layers: [base, app],
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    });
    const attestation = await buildImage({ layers: [], platform: { os: 'unknown', architecture: 'unknown' } });
    const index = buildIndex([amd, arm, attestation]);
    const names = (taken: readonly TakenPlatform[]) =>
      taken.map(({ platform, stock }) => [platform?.architecture, stock.components.length]);
    expect(names((await take(index)).taken)).toEqual([
      ['amd64', 2],
      ['arm64', 3],
    ]);
    const wantsPlatform = (platform: { os: string; architecture: string }): boolean =>
      isPlatform(platform, 'linux/arm64');
    expect(names((await take(index, { wantsPlatform })).taken)).toEqual([['arm64', 3]]);
  });

  test('what an index calls an attestation and can be run is read', async () => {
    const hidden = buildIndex([
      await buildImage({ layers: [base, app], platform: { os: 'unknown', architecture: 'unknown' } }),
    ]);
    expect((await take(hidden)).taken.map(({ stock }) => stock.components.length)).toEqual([3]);
  });

  test('documents of one stock are the same bytes, whenever they are published', async () => {
    const { taken, digest } = await take(await buildImage({ layers: [base, app] }));
    const kept = new Map<Digest, Uint8Array>();
    const blobs = {
      put: async (bytes, mediaType) => {
        kept.set(digestOf(bytes), bytes);
        return { digest: digestOf(bytes), size: bytes.length, mediaType };
      },
      get: async (one) => kept.get(one) ?? new Uint8Array(),
    } satisfies BlobStore;
    const publisher = createSbomPublisher({
      blobs,
      toolVersion: '0.1.0',
      attach: () => Promise.reject(new Error('it is small enough for a statement')),
    });
    const of = { repository: 'shop', digest, platform: 'linux/amd64', stock: only(taken).stock };
    const first = await publisher.publish('cyclonedx', of);
    expect(await publisher.publish('cyclonedx', of)).toEqual(first);
    expect(readSbom(await blobs.get(first.stored.digest))).toEqual(of.stock);
    expect((await publisher.publish('spdx', of)).stored.mediaType).toBe(mediaTypes.spdx);
  });
});

describe('what can not be read is recorded, and never looks clean', () => {
  test.each<[string, (image: TestImage) => Promise<Awaited<ReturnType<typeof take>>>, RegExp]>([
    [
      'a layer cut off, and named by the digest of what is left',
      (image) => take(rewriteLayer(image, (bytes) => bytes.subarray(0, -20))),
      /ends in the middle/,
    ],
    [
      'a layer with other bytes than its digest says',
      (image) => take(image, { break: (blobs) => breakLayer(image, blobs) }),
      /shop@sha256/,
    ],
    [
      'a layer that unpacks to something else than the configuration says',
      (image) => take(rewriteLayer(image, () => gzipSync(Buffer.alloc(1024)))),
      /the configuration says/,
    ],
    [
      'a layer of a foreign type',
      (image) =>
        take(
          rewrite(image, (manifest) => ({
            ...manifest,
            layers: manifest.layers.map((one) => ({
              ...one,
              mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
            })),
          })),
        ),
      /foreign.* are not read/,
    ],
    [
      'a layer the registry has not got',
      (image) => take(image, { break: (blobs) => blobs.delete(layerOf(image)) }),
      /no such blob/,
    ],
    [
      'an artifact that is no image',
      (image) =>
        take(
          rewrite(image, (manifest) => ({
            ...manifest,
            config: { ...manifest.config, mediaType: 'application/vnd.cncf.helm.config.v1+json' },
          })),
        ),
      /not an image.*helm/,
    ],
    [
      'fewer layers than the configuration names',
      (image) => take(rewrite(image, (manifest) => ({ ...manifest, layers: [] }))),
      /0 layers/,
    ],
    [
      'a broken lockfile',
      async () =>
        take(await buildImage({ layers: [{ files: { 'app/package-lock.json': '{"lockfileVersion": 3, "pack' } }] })),
      /not JSON/,
    ],
    [
      'a broken jar',
      async () => take(await buildImage({ layers: [{ files: { 'app/a.jar': 'PK but no zip' } }] })),
      /zip/,
    ],
  ])('%s', async (_name, make, reason) => {
    const { stock } = only((await make(await buildImage({ layers: [app] }))).taken);
    expect(stock.complete).toBe(false);
    expect(stock.unreadable.map((one) => one.reason).join()).toMatch(reason);
  });

  test('a registry that is away says nothing about the image', async () => {
    const image = await buildImage({ layers: [app] });
    const { registry, digest } = await take(image);
    const getBlob = async (): Promise<never> => {
      throw new RegistryError('REGISTRY_UNAVAILABLE', 'away');
    };
    const taker = createImageStockTaker({ ...registry.registry, getBlob });
    await expect(taker.take('shop', digest, { signal, progress })).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
    });
    await expect(taker.take('other', digest, { signal, progress })).rejects.toMatchObject({
      code: 'REGISTRY_NOT_FOUND',
    });
  });

  test('any bytes in the place of a layer', async () => {
    const image = await buildImage({ layers: [app] });
    const good = image.blobs.get(layerOf(image)) ?? new Uint8Array();
    const damaged = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.uint8Array({ maxLength: 2000 }).map((bytes) => new Uint8Array(gzipSync(bytes))),
      fc.nat(good.length - 1).map((length) => good.subarray(0, length)),
      fc
        .tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }))
        .map(([at, flip]) => good.map((byte, index) => (index === at ? byte ^ flip : byte))),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        const { stock } = only((await take(rewriteLayer(image, () => bytes))).taken);
        // A flipped bit in gzip's header may change nothing that is unpacked: then all is there.
        if (stock.complete) expect(stock.components).toHaveLength(3);
        else expect(stock.unreadable).not.toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

function layerOf(image: TestImage): Digest {
  const { layers } = manifestSchema.parse(JSON.parse(new TextDecoder().decode(manifestBytes(image))));
  return layers[0]?.digest as Digest;
}

/** Other bytes for the first layer, with the digest and size they have; the configuration stays. */
function rewriteLayer(image: TestImage, change: (bytes: Uint8Array) => Uint8Array): TestImage {
  const bytes = change(image.blobs.get(layerOf(image)) ?? new Uint8Array());
  const digest = digestOf(bytes);
  const changed = rewrite(image, (manifest) => ({
    ...manifest,
    layers: manifest.layers.map((one) => ({ ...one, digest, size: bytes.length })),
  }));
  return { ...changed, blobs: new Map([...changed.blobs, [digest, bytes]]) };
}

function breakLayer(image: TestImage, blobs: Map<Digest, Uint8Array>): void {
  blobs.set(layerOf(image), new Uint8Array([1, 2, 3]));
}

describe('the cache in a folder', () => {
  const folder = (): string => temporaryFolder('pratique-layers-');
  const entries = (cache: string): string[] =>
    readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((file) => /[0-9a-f]{64}$/.test(file));

  test('a layer read once is not fetched again, and gives the same stock', async () => {
    const cacheFolder = folder();
    const cache = createFileLayerCache(cacheFolder);
    const image = await buildImage({ layers: [base, app] });
    const cold = only((await take(image, { cache })).taken);
    expect(entries(cacheFolder)).toHaveLength(2);
    const warm = only((await take(image, { cache, break: (blobs) => blobs.delete(layerOf(image)) })).taken);
    expect(warm.stock).toEqual(cold.stock);
  });

  test('failures are not kept', async () => {
    const cacheFolder = folder();
    await take(
      rewriteLayer(await buildImage({ layers: [app] }), (bytes) => bytes.subarray(0, -20)),
      { cache: createFileLayerCache(cacheFolder) },
    );
    expect(entries(cacheFolder)).toEqual([]);
  });

  test('a blob that borrows the diff-id of a known layer is read for itself', async () => {
    const cache = createFileLayerCache(folder());
    const image = await buildImage({ layers: [base] });
    await take(image, { cache });
    const evil = rewriteLayer(image, () => gzipSync(Buffer.alloc(10_240)));
    expect(only((await take(evil, { cache })).taken).stock.complete).toBe(false);
  });

  test('a damaged entry is read again, and a folder that can not be written does no harm', async () => {
    const cacheFolder = folder();
    const image = await buildImage({ layers: [app] });
    const cold = only((await take(image, { cache: createFileLayerCache(cacheFolder) })).taken);
    const place = path.join(cacheFolder, entries(cacheFolder)[0] ?? '');
    const good = readFileSync(place);
    const flipped = Buffer.from(good);
    flipped[good.length - 1] = 255 - (flipped[good.length - 1] ?? 0);
    for (const damaged of [
      flipped,
      good.subarray(0, -1),
      good.subarray(0, 10),
      Buffer.alloc(0),
      Buffer.from('{"files": 7}'),
    ]) {
      writeFileSync(place, damaged);
      expect(only((await take(image, { cache: createFileLayerCache(cacheFolder) })).taken).stock).toEqual(cold.stock);
      expect(readFileSync(place)).toEqual(good);
    }
    expect(only((await take(image, { cache: createFileLayerCache('/dev/null/x') })).taken).stock).toEqual(cold.stock);
  });
});
