/** Tiny OCI images for tests, the same bytes every time: image specification 1.1, layer.md, config.md, manifest.md, image-layout.md. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import {
  type Descriptor,
  indexSchema,
  isIndexType,
  isManifestType,
  manifestSchema,
  mediaTypes,
  type Platform,
} from '../domain/artifact/descriptor.ts';
import { type Digest, digestHex, parseDigest } from '../domain/artifact/digest.ts';
import type { Registry } from '../domain/artifact/registry.ts';

/** One layer: files by path (text, or bytes), symbolic links by path; whiteouts are files named `.wh.<name>`. */
export interface TestLayer {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly compression?: 'gzip' | 'zstd' | 'none';
}

export interface TestImageOptions {
  readonly layers: readonly TestLayer[];
  /** Default linux/amd64. */
  readonly platform?: Platform;
  /** The config's own `config` object: Labels, Env, Entrypoint. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339, into the config. */
  readonly created?: string;
}

/** Everything below one manifest or index, in memory. `top` is among `blobs`. */
export interface TestImage {
  readonly top: Descriptor;
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
}

/** Packs, compresses and names the layers, then writes config and manifest over them. */
export async function buildImage({
  layers,
  platform = { os: 'linux', architecture: 'amd64' },
  config = {},
  annotations,
  created,
}: TestImageOptions): Promise<TestImage> {
  const blobs = new Map<Digest, Uint8Array>();
  const descriptors: Descriptor[] = [];
  const diffIds: Digest[] = [];
  for (const layer of layers) {
    const tar = await packLayer(layer);
    diffIds.push(digestOf(tar));
    descriptors.push(put(blobs, ...compress(tar, layer.compression ?? 'gzip')));
  }
  const imageConfig = {
    ...(created === undefined ? {} : { created }),
    ...platform,
    config,
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: put(blobs, toJson(imageConfig), mediaTypes.ociConfig),
    layers: descriptors,
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { top: { ...put(blobs, toJson(manifest), mediaTypes.ociManifest), platform }, blobs };
}

/** One index over images of several platforms. */
export function buildIndex(images: readonly TestImage[]): TestImage {
  const blobs = new Map(images.flatMap((image) => [...image.blobs]));
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: images.map((image) => image.top) };
  return { top: put(blobs, toJson(index), mediaTypes.ociIndex), blobs };
}

/** A manifest with `subject`, as signatures and SBOMs are attached; `payload` is its one layer. */
export function buildReferrer(subject: Descriptor, artifactType: string, payload: string): TestImage {
  const blobs = new Map<Digest, Uint8Array>();
  const { mediaType, digest, size } = subject;
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType,
    config: put(blobs, new TextEncoder().encode('{}'), mediaTypes.ociEmpty),
    layers: [put(blobs, new TextEncoder().encode(payload), artifactType)],
    subject: { mediaType, digest, size },
  };
  return { top: { ...put(blobs, toJson(manifest), mediaTypes.ociManifest), artifactType }, blobs };
}

/** The bytes of an image's (or index's, or referrer's) own manifest. */
export function manifestBytes({ top, blobs }: TestImage): Uint8Array {
  const bytes = blobs.get(top.digest);
  if (bytes === undefined) throw new Error(`the image has no bytes of ${top.digest}`);
  return bytes;
}

/** Pushes everything below the image, what is named before what names it; the tag, if any, last. Returns its digest. */
export async function pushImage(
  registry: Pick<Registry, 'putBlob' | 'putManifest'>,
  repository: string,
  { top, blobs }: TestImage,
  tag?: string,
): Promise<Digest> {
  const pushed = new Set<Digest>();
  const push = async (descriptor: Descriptor): Promise<void> => {
    const bytes = blobs.get(descriptor.digest);
    if (bytes === undefined || pushed.has(descriptor.digest)) return;
    pushed.add(descriptor.digest);
    if (!isManifestType(descriptor.mediaType)) {
      await registry.putBlob(repository, descriptor, bytes);
      return;
    }
    for (const part of partsOf(bytes, descriptor.mediaType)) await push(part);
    await registry.putManifest(repository, descriptor.digest, bytes, descriptor.mediaType);
  };
  await push(top);
  if (tag !== undefined) await registry.putManifest(repository, tag, manifestBytes({ top, blobs }), top.mediaType);
  return top.digest;
}

function partsOf(bytes: Uint8Array, mediaType: string): Descriptor[] {
  const content: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (isIndexType(mediaType)) return indexSchema.parse(content).manifests;
  const { config, layers } = manifestSchema.parse(content);
  return [config, ...layers];
}

/** Writes an OCI image layout whose index.json names `top`, with `tag` as its `org.opencontainers.image.ref.name`. */
export async function writeTestLayout(folder: string, { top, blobs }: TestImage, tag?: string): Promise<void> {
  await mkdir(path.join(folder, 'blobs', 'sha256'), { recursive: true });
  for (const [digest, bytes] of blobs) await writeFile(path.join(folder, 'blobs', 'sha256', digestHex(digest)), bytes);
  const named = tag === undefined ? top : { ...top, annotations: { 'org.opencontainers.image.ref.name': tag } };
  await writeFile(path.join(folder, 'index.json'), toJson({ schemaVersion: 2, manifests: [named] }));
  await writeFile(path.join(folder, 'oci-layout'), toJson({ imageLayoutVersion: '1.0.0' }));
}

export function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

function put(blobs: Map<Digest, Uint8Array>, bytes: Uint8Array, mediaType: string): Descriptor {
  const digest = digestOf(bytes);
  blobs.set(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

function toJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

async function packLayer({ files, links = {} }: TestLayer): Promise<Buffer> {
  const tar = pack();
  const common = { mtime: new Date(0), uid: 0, gid: 0 };
  for (const [name, content] of Object.entries(files))
    tar.entry({ ...common, name, mode: 0o644 }, Buffer.from(content as Uint8Array));
  for (const [name, linkname] of Object.entries(links)) tar.entry({ ...common, name, linkname, type: 'symlink' });
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function compress(tar: Buffer, compression: 'gzip' | 'zstd' | 'none'): [Uint8Array, string] {
  switch (compression) {
    case 'gzip': {
      const bytes = gzipSync(tar);
      // Byte 9 names the operating system (RFC 1952, 2.3.1): "unknown", so that it does not depend on ours.
      bytes[9] = 255;
      return [bytes, mediaTypes.ociLayerGzip];
    }
    case 'zstd':
      return [zstdCompressSync(tar), mediaTypes.ociLayerZstd];
    case 'none':
      return [tar, mediaTypes.ociLayer];
  }
}
