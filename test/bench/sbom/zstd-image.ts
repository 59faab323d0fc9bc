/** The same image with its layers packed by zstd, kept beside the one it is made of. */
import { createReadStream, createWriteStream, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdCompress } from 'node:zlib';
import { type Descriptor, mediaTypes } from '../../../domain/artifact/descriptor.ts';
import { digestHex } from '../../../domain/artifact/digest.ts';
import { type BuiltImage, digestOf, makeOnce, putBlob } from './build-image.ts';

interface Manifest {
  readonly layers: readonly Descriptor[];
}

/** `image` with every layer unpacked and packed again, by Node's zstd at its default level. */
export function zstdImage(image: BuiltImage): Promise<BuiltImage> {
  const folder = `${image.folder}-zstd`;
  return makeOnce(folder, () => repack(image, folder));
}

async function repack(image: BuiltImage, folder: string): Promise<BuiltImage> {
  const packed = new Map<string, Descriptor>();
  const manifestOf = async (descriptor: Descriptor): Promise<Descriptor> => {
    const manifest = JSON.parse(readFileSync(blobOf(image.folder, descriptor), 'utf8')) as Manifest & {
      config: Descriptor;
    };
    const config = putBlob(folder, mediaTypes.ociConfig, readFileSync(blobOf(image.folder, manifest.config)));
    const layers: Descriptor[] = [];
    for (const layer of manifest.layers) {
      const known = packed.get(layer.digest) ?? (await repackLayer(blobOf(image.folder, layer), folder));
      packed.set(layer.digest, known);
      layers.push(known);
    }
    return putBlob(folder, descriptor.mediaType, Buffer.from(JSON.stringify({ ...manifest, config, layers })));
  };
  const manifests = { image: await manifestOf(image.manifests.image), base: await manifestOf(image.manifests.base) };
  const size = [...packed.values()].reduce((sum, layer) => sum + layer.size, 0);
  return { ...image, folder, manifests, size: { ...image.size, packed: size } };
}

async function repackLayer(file: string, folder: string): Promise<Descriptor> {
  const draft = path.join(folder, 'layer.zst');
  await pipeline(createReadStream(file), createGunzip(), createZstdCompress(), createWriteStream(draft));
  const digest = await digestOf(draft);
  const layer = { mediaType: mediaTypes.ociLayerZstd, digest, size: statSync(draft).size };
  renameSync(draft, blobOf(folder, layer));
  return layer;
}

function blobOf(folder: string, { digest }: Pick<Descriptor, 'digest'>): string {
  return path.join(folder, 'blobs/sha256', digestHex(digest));
}
