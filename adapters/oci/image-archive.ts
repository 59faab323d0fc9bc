/** Images in one file: an OCI layout as a tar (`skopeo copy … oci-archive:`, `docker buildx -o type=oci`), or `docker save`. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Descriptor, mediaTypes } from '../../domain/artifact/descriptor.ts';
import { digestHex } from '../../domain/artifact/digest.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';
import { sniffCompression } from '../archive/decompress.ts';
import { sha256 } from './digest-of.ts';
import { createLayout, type ImageLayout } from './layout.ts';
import type { LayoutFiles } from './layout-files.ts';
import { type UnpackedArchive, type UnpackedFile, unpackArchive } from './unpack-archive.ts';

/** Disposing removes what was unpacked. */
export interface ImageArchive extends ImageLayout, AsyncDisposable {
  /** `docker save` keeps no manifests: theirs are computed, and no registry ever had them. */
  readonly written: 'oci' | 'docker';
}

/**
 * The files of an image: an OCI layout's; or `docker save`'s, podman's and go-containerregistry's, which name configs and
 * layers differently. An archive of other files has few of these, if any.
 */
const IMAGE_FILE =
  /^(?:oci-layout|[^/]+\.json|sha256:[a-f0-9]{64}|blobs\/[^/]+\/[^/]+|(?:[^/]+\/)?[^/]+\.tar(?:\.gz)?)$/;
const MAX_JSON_BYTES = 4 * 1024 * 1024;

/** `manifest.json` of `docker save` (moby, image/spec/v1.2.md, "Combined Image JSON + Filesystem Changeset Format"). */
const savedImages = z
  .array(
    z.object({
      Config: z.string().max(4096),
      RepoTags: z.array(z.string().max(512)).max(1000).nullish(),
      Layers: z.array(z.string().max(4096)).max(1000),
    }),
  )
  .min(1)
  .max(100);

/**
 * Undefined where the archive holds no image. Throws an ArchiveError where it can not be read to its end, and a RegistryError
 * where it is not as specified.
 */
export async function openImageArchive(
  file: string,
  options: { readonly signal: AbortSignal },
): Promise<ImageArchive | undefined> {
  const unpacked = await unpackArchive(file, { ...options, wants: (path) => IMAGE_FILE.test(path) });
  const dispose = () => unpacked[Symbol.asyncDispose]();
  try {
    const files = await findImages(file, unpacked.files);
    if (files !== undefined) {
      if (unpacked.failure !== undefined) throw unpacked.failure;
      const written = unpacked.files.has('oci-layout') ? 'oci' : 'docker';
      return { ...(await createLayout(files)), written, [Symbol.asyncDispose]: dispose };
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  await dispose();
  return undefined;
}

async function findImages(name: string, files: UnpackedArchive['files']): Promise<LayoutFiles | undefined> {
  if (files.has('oci-layout')) return { name, open: async (path) => onDisk(files.get(path)) };
  const list = files.get('manifest.json');
  if (list === undefined || list.size > MAX_JSON_BYTES) return undefined;
  const saved = savedImages.safeParse(parseJson(await readFile(list.place, 'utf8')));
  return saved.success ? savedLayout(name, files, saved.data) : undefined;
}

/** `docker save` names its layers by path: given the manifests a layout has, computed from what is there. */
async function savedLayout(
  name: string,
  files: UnpackedArchive['files'],
  saved: z.infer<typeof savedImages>,
): Promise<LayoutFiles> {
  const byPath = new Map<string, UnpackedFile | Uint8Array>();
  const describe = async (path: string, mediaType?: string): Promise<Descriptor> => {
    const found = files.get(path);
    if (found === undefined)
      throw new RegistryError('REGISTRY_NOT_FOUND', `${name}: manifest.json names ${path}, which is not there`);
    byPath.set(`blobs/sha256/${digestHex(found.digest)}`, found);
    const { digest, size } = found;
    return { mediaType: mediaType ?? (await layerType(found)), digest, size };
  };
  const roots: Descriptor[] = [];
  for (const { Config, Layers, RepoTags } of saved) {
    const config = await describe(Config, mediaTypes.dockerConfig);
    const layers = [];
    for (const layer of Layers) layers.push(await describe(layer));
    const bytes = toJson({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers });
    const digest = sha256(bytes);
    byPath.set(`blobs/sha256/${digestHex(digest)}`, bytes);
    const tag = RepoTags?.[0];
    roots.push({
      mediaType: mediaTypes.ociManifest,
      digest,
      size: bytes.byteLength,
      ...(tag === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': tag } }),
    });
  }
  byPath.set('oci-layout', toJson({ imageLayoutVersion: '1.0.0' }));
  byPath.set('index.json', toJson({ schemaVersion: 2, manifests: roots }));
  return {
    name,
    async open(path) {
      const found = byPath.get(path);
      return found instanceof Uint8Array ? { size: found.byteLength, bytes: once(found) } : onDisk(found);
    },
  };
}

async function layerType({ place }: UnpackedFile): Promise<string> {
  let head: Uint8Array = new Uint8Array();
  for await (const chunk of createReadStream(place, { end: 3 })) head = chunk as Uint8Array;
  switch (sniffCompression(head)) {
    case 'gzip':
      return mediaTypes.ociLayerGzip;
    case 'zstd':
      return mediaTypes.ociLayerZstd;
    case 'none':
      return mediaTypes.ociLayer;
  }
}

function onDisk(found: UnpackedFile | undefined): Awaited<ReturnType<LayoutFiles['open']>> {
  return found === undefined ? undefined : { size: found.size, bytes: readLate(found.place) };
}

/** Opened when it is read. */
async function* readLate(place: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(place, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function toJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
