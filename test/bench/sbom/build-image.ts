/** Builds a recipe's image once, as an OCI layout in the cache, with its truth beside it. */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Descriptor, mediaTypes } from '../../../domain/artifact/descriptor.ts';
import { type Digest, digestHex, parseDigest } from '../../../domain/artifact/digest.ts';
import type { Registry } from '../../../domain/artifact/registry.ts';
import type { Recipe } from './recipes.ts';
import { shell } from './shell.ts';

export interface BuiltImage {
  readonly folder: string;
  /** Of the image, and of one that is its base alone. */
  readonly manifests: Readonly<Record<'image' | 'base', Descriptor>>;
  readonly truth: ReturnType<Recipe['truth']>;
  /** Bytes of the layers as the registry has them, and unpacked. */
  readonly size: { readonly packed: number; readonly unpacked: number };
}

interface Layer extends Descriptor {
  readonly diffId: Digest;
  readonly unpacked: number;
}

export function buildImage(recipe: Recipe, cache: string): Promise<BuiltImage> {
  const folder = path.join(cache, recipe.name);
  return makeOnce(folder, () => build(recipe, cache, folder));
}

/** What was made in the folder, by the record in it: made anew where that is not there, as nothing whole is then. */
export async function makeOnce(folder: string, make: () => Promise<BuiltImage>): Promise<BuiltImage> {
  const record = path.join(folder, 'built.json');
  if (!existsSync(record)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(path.join(folder, 'blobs/sha256'), { recursive: true });
    writeFileSync(`${record}.new`, JSON.stringify(await make()));
    renameSync(`${record}.new`, record);
  }
  return JSON.parse(readFileSync(record, 'utf8')) as BuiltImage;
}

async function build(recipe: Recipe, cache: string, folder: string): Promise<BuiltImage> {
  const folders: string[] = [];
  const layers: Layer[] = [];
  for (const [index, fill] of recipe.layers.entries()) {
    const tree = path.join(folder, 'trees', String(index));
    mkdirSync(tree, { recursive: true });
    fill(tree, folders, cache);
    folders.push(tree);
    layers.push(await packLayer(folder, tree));
  }
  const truth = recipe.truth(folders, cache);
  rmSync(path.join(folder, 'trees'), { recursive: true });
  const total = (pick: (layer: Layer) => number): number => layers.reduce((sum, layer) => sum + pick(layer), 0);
  return {
    folder,
    manifests: {
      image: writeManifest(folder, layers),
      base: writeManifest(folder, layers.slice(0, recipe.baseLayers)),
    },
    truth,
    size: { packed: total(({ size }) => size), unpacked: total(({ unpacked }) => unpacked) },
  };
}

async function packLayer(folder: string, tree: string): Promise<Layer> {
  const tar = path.join(folder, 'layer.tar');
  shell(tree, 'tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$1" . && gzip -nk6 "$1"', [tar]);
  const digest = await digestOf(`${tar}.gz`);
  const layer = { diffId: await digestOf(tar), unpacked: statSync(tar).size, size: statSync(`${tar}.gz`).size };
  renameSync(`${tar}.gz`, path.join(folder, 'blobs/sha256', digestHex(digest)));
  rmSync(tar);
  return { mediaType: mediaTypes.ociLayerGzip, digest, ...layer };
}

function writeManifest(folder: string, layers: readonly Layer[]): Descriptor {
  const config = put(folder, mediaTypes.ociConfig, {
    os: 'linux',
    architecture: 'amd64',
    created: '2026-01-01T00:00:00Z',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const described = layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
  return put(folder, mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: described,
  });
}

function put(folder: string, mediaType: string, value: unknown): Descriptor {
  return putBlob(folder, mediaType, new TextEncoder().encode(JSON.stringify(value)));
}

/** Into the folder of an image. */
export function putBlob(folder: string, mediaType: string, bytes: Uint8Array): Descriptor {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  writeFileSync(path.join(folder, 'blobs/sha256', digestHex(digest)), bytes);
  return { mediaType, digest, size: bytes.length };
}

export async function digestOf(file: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return parseDigest(`sha256:${hash.digest('hex')}`);
}

/** Pushes both manifests, tagged `image` and `base`. */
export async function pushBuilt(
  { folder, manifests }: BuiltImage,
  registry: Registry,
  repository: string,
): Promise<void> {
  const fileOf = (digest: Digest): string => path.join(folder, 'blobs/sha256', digestHex(digest));
  for (const [tag, manifest] of Object.entries(manifests)) {
    const bytes = readFileSync(fileOf(manifest.digest));
    const { config, layers } = JSON.parse(bytes.toString('utf8')) as { config: Descriptor; layers: Descriptor[] };
    for (const blob of [config, ...layers])
      await registry.putBlob(repository, blob, async () =>
        createReadStream(fileOf(blob.digest), { highWaterMark: 1024 * 1024 }),
      );
    await registry.putManifest(repository, tag, bytes, manifest.mediaType);
  }
}
