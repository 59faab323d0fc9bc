import { expect, test } from 'vitest';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { manifestsWithin } from '../../../../domain/artifact/manifests-within.ts';
import { RegistryError, type RegistryErrorCode, type StoredManifest } from '../../../../domain/artifact/registry.ts';

const digestOf = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const index = (...letters: string[]) =>
  ({
    content: {
      kind: 'index',
      // All of them called images: what they are is what their bytes say.
      index: {
        manifests: [...letters].map((letter) => ({
          digest: digestOf(letter),
          mediaType: mediaTypes.ociManifest,
          size: 1,
        })),
      },
    },
  }) as unknown as StoredManifest;
const image = { content: { kind: 'manifest' } } as unknown as StoredManifest;

const registryOf = (held: Record<string, StoredManifest | RegistryErrorCode>) => ({
  getManifest: async (_repository: string, reference: string) => {
    const found = held[reference.slice(7, 8)];
    if (typeof found === 'string') throw new RegistryError(found, 'said so');
    return found;
  },
});

test('goes down through indexes, each manifest once, though it be listed twice or lists itself', async () => {
  const registry = registryOf({ a: index('c', 'd'), b: image, c: index('a', 'b', 'd'), d: image });
  expect(await manifestsWithin(registry, 'shop', index('a', 'b'))).toEqual(
    ['a', 'b', 'c', 'd'].map((letter) => ({ digest: digestOf(letter), isThere: true })),
  );
});

test('says what is not there, and takes what can not be read for one that holds nothing', async () => {
  const registry = registryOf({ a: 'REGISTRY_BAD_MANIFEST' });
  expect(await manifestsWithin(registry, 'shop', index('a', 'b'))).toEqual([
    { digest: digestOf('a'), isThere: true },
    { digest: digestOf('b'), isThere: false },
  ]);
  expect(await manifestsWithin(registry, 'shop', image)).toEqual([]);
});

test.each(['REGISTRY_UNAVAILABLE', 'REGISTRY_DENIED'] as const)('an answer of %s is none', async (code) => {
  await expect(manifestsWithin(registryOf({ a: code }), 'shop', index('a'))).rejects.toMatchObject({ code });
});
