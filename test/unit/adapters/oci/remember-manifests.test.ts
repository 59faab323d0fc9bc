import { describe, expect, it } from 'vitest';
import { createManifestMemory, noteManifests, rememberManifests } from '../../../../adapters/oci/remember-manifests.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';
import { buildImage, buildReferrer, manifestBytes, pushImage } from '../../../images.ts';

describe('a registry to copy from', () => {
  it('asks once for a manifest, whichever repository it is in, and every time for a tag', async () => {
    const { registry } = createMemoryRegistry();
    const asked: string[] = [];
    const copying = rememberManifests({
      ...registry,
      getManifest: (repository, reference) => {
        asked.push(reference);
        return registry.getManifest(repository, reference);
      },
    });
    const image = await buildImage({ layers: [{ files: { 'etc/motd': 'hello' } }] });
    const digest = await pushImage(registry, 'shop', image, 'v1');
    expect((await copying.getManifest('shop', digest))?.bytes).toEqual(
      (await copying.getManifest('dev/shop', digest))?.bytes,
    );
    await copying.getManifest('shop', 'v1');
    await copying.getManifest('shop', 'v1');
    expect(asked).toEqual([digest, 'v1', 'v1']);
  });

  it('remembers no absence, and says of a deleted manifest that it is gone where it matters', async () => {
    const { registry } = createMemoryRegistry();
    const copying = rememberManifests(registry);
    const image = await buildImage({ layers: [] });
    expect(await copying.getManifest('shop', image.top.digest)).toBeUndefined();
    const digest = await pushImage(registry, 'shop', image);
    expect(await copying.getManifest('shop', digest)).toBeDefined();
    await registry.deleteManifest('shop', digest);
    expect(await copying.resolve('shop', digest)).toBeUndefined();
  });

  it('knows what was attached through it', async () => {
    const { registry } = createMemoryRegistry();
    const memory = createManifestMemory();
    const shop = await buildImage({ layers: [] });
    const referrer = buildReferrer(shop.top, 'application/test', 'a document');
    await noteManifests(registry, memory).attachReferrers('shop', shop.top.digest, [
      { bytes: manifestBytes(referrer), mediaType: referrer.top.mediaType },
    ]);
    await registry.deleteManifest('shop', referrer.top.digest);
    const known = await rememberManifests(registry, memory).getManifest('prod/shop', referrer.top.digest);
    expect(Buffer.from(known?.bytes ?? []).equals(manifestBytes(referrer))).toBe(true);
  });

  it('knows what another has read, who asks every time', async () => {
    const { registry } = createMemoryRegistry();
    const memory = createManifestMemory();
    const looking = noteManifests(registry, memory);
    const image = await buildImage({ layers: [] });
    const digest = await pushImage(registry, 'shop', image);
    expect(await looking.getManifest('shop', digest)).toBeDefined();
    await registry.deleteManifest('shop', digest);
    expect(await looking.getManifest('shop', digest)).toBeUndefined();
    expect((await rememberManifests(registry, memory).getManifest('shop', digest))?.descriptor.digest).toBe(digest);
  });
});
