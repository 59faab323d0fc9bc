/** A document beside its image, where others attach manifests that say something else of it. */
import { expect, it } from 'vitest';
import { attachDocument, readAttached } from '../../../../adapters/oci/attached-document.ts';
import { sha256 } from '../../../../adapters/oci/digest-of.ts';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import { RegistryError } from '../../../../domain/artifact/registry.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';
import { buildImage, pushImage } from '../../../images.ts';

const mediaType = 'application/vnd.cyclonedx+json';
const bytes = new TextEncoder().encode('{"bomFormat":"CycloneDX"}');
const wanted = { mediaType, digest: sha256(bytes) };

async function pushed() {
  const { registry } = createMemoryRegistry();
  const image = await buildImage({ layers: [{ files: { 'a.txt': 'a' } }] });
  await pushImage(registry, 'shop/web', image);
  return { registry, subject: image.top.digest };
}

type Pushed = Awaited<ReturnType<typeof pushed>>;

/** A manifest that names the same bytes by another size, as anybody who may push can attach. */
async function attachLie({ registry, subject }: Pushed, size: number): Promise<void> {
  const about = await registry.resolve('shop/web', subject);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: mediaType,
    config: { mediaType: mediaTypes.ociEmpty, digest: sha256(new TextEncoder().encode('{}')), size: 2 },
    layers: [{ mediaType, digest: wanted.digest, size }],
    subject: { mediaType: about?.mediaType, digest: subject, size: about?.size },
  };
  const lie = new TextEncoder().encode(JSON.stringify(manifest));
  await registry.attachReferrer('shop/web', subject, lie, mediaTypes.ociManifest);
}

/** As a registry client reads a blob: by the size it was told. */
const read = ({ registry, subject }: Pushed, asked: Parameters<typeof readAttached>[0] = registry) =>
  readAttached(asked, 'shop/web', subject, wanted, async (found) => {
    const content = await registry.getBlobBytes('shop/web', found, 1000);
    if (content.length !== found.size) throw new RegistryError('REGISTRY_DIGEST_MISMATCH', `${found.size} bytes said`);
    return content;
  });

it('is read whatever others say of its size before', async () => {
  const place = await pushed();
  for (let size = 1; size <= 5; size += 1) await attachLie(place, size);
  await attachDocument(place.registry, 'shop/web', place.subject, { mediaType, bytes });
  expect(await read(place)).toEqual(bytes);
});

it('that nobody attached whole is an error that says so; one that nobody attached is none', async () => {
  const place = await pushed();
  expect(await read(place)).toBeUndefined();
  await place.registry.putBlob('shop/web', { digest: wanted.digest, size: bytes.length }, bytes);
  await attachLie(place, bytes.length + 1);
  await expect(read(place)).rejects.toMatchObject({ name: 'RegistryError' });
});

it('is not hidden by a manifest that can not be read', async () => {
  const place = await pushed();
  const { registry } = place;
  await attachLie(place, 7);
  const [lie] = await registry.listReferrers('shop/web', place.subject, { artifactType: mediaType });
  await attachDocument(registry, 'shop/web', place.subject, { mediaType, bytes });
  const broken = {
    ...registry,
    getManifest: (repository: string, digest: typeof wanted.digest) =>
      digest === lie?.digest
        ? Promise.reject(new RegistryError('REGISTRY_BAD_MANIFEST', 'a key twice'))
        : registry.getManifest(repository, digest),
  };
  expect(await read(place, broken)).toEqual(bytes);
});

it('waits for a registry that is away', async () => {
  const place = await pushed();
  await attachDocument(place.registry, 'shop/web', place.subject, { mediaType, bytes });
  const away = new RegistryError('REGISTRY_UNAVAILABLE', 'away');
  const reading = readAttached(place.registry, 'shop/web', place.subject, wanted, () => Promise.reject(away));
  await expect(reading).rejects.toBe(away);
});
