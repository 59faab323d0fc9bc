import { type Descriptor, type Manifest, mediaTypes } from '../../domain/artifact/descriptor.ts';
import { type Digest, shortDigest } from '../../domain/artifact/digest.ts';
import { RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';
import { holdsAttestationsOnly } from '../../domain/artifact/runnable.ts';
import {
  compareConfigurations,
  compareFiles,
  flattenLayers,
  type ImageDifference,
  identicalImages,
  type LayerFiles,
} from '../../domain/building/compare-files.ts';
import { type ArchiveLimits, defaultLimits } from '../archive/archive-limits.ts';
import type { Compression } from '../archive/decompress.ts';
import { readLayerFiles } from './read-layer-files.ts';

/** One image to compare, where it lies. */
export interface ImageLocation {
  readonly registry: RegistryReader;
  readonly repository: string;
  readonly digest: Digest;
}

/** Tighter than for scanning: all entries of both images are held at once. */
const LIMITS: ArchiveLimits = { ...defaultLimits, name: 'compare-1', maxEntries: 500_000 };
const MAX_ENTRIES = 2_000_000;
const MAX_CONFIG_BYTES = 4 * 1024 ** 2;

/**
 * Compares two images file by file, straight from their registries; a layer both have is read once.
 * Throws RegistryError, ArchiveError, or the signal's reason. An image index is compared by its only platform; with several,
 * REGISTRY_BAD_MANIFEST says to compare the manifests.
 */
export async function compareImages(
  before: ImageLocation,
  after: ImageLocation,
  { signal }: { readonly signal: AbortSignal },
): Promise<ImageDifference> {
  if (before.digest === after.digest) return identicalImages;
  const layers = new Map<Digest, LayerFiles>();
  const [old, now] = [await readImage(before, layers, signal), await readImage(after, layers, signal)];
  return compareFiles(
    flattenLayers(old.layers),
    flattenLayers(now.layers),
    compareConfigurations(old.configuration, now.configuration),
  );
}

interface ReadImage {
  readonly layers: readonly LayerFiles[];
  readonly configuration: Readonly<Record<string, unknown>>;
}

async function readImage(
  image: ImageLocation,
  known: Map<Digest, LayerFiles>,
  signal: AbortSignal,
): Promise<ReadImage> {
  const manifest = await readManifest(image, image.digest, 0);
  const layers: LayerFiles[] = [];
  for (const descriptor of manifest.layers) {
    signal.throwIfAborted();
    const layer = known.get(descriptor.digest) ?? (await readLayer(image, descriptor, signal));
    known.set(descriptor.digest, layer);
    layers.push(layer);
    const entries = known.values().reduce((sum, { entries: { size } }) => sum + size, 0);
    if (entries > MAX_ENTRIES)
      throw new RegistryError('REGISTRY_TOO_LARGE', `${place(image)}: more than ${MAX_ENTRIES} entries to compare`);
  }
  return { layers, configuration: await readConfiguration(image, manifest) };
}

async function readManifest(image: ImageLocation, digest: Digest, depth: number): Promise<Manifest> {
  const stored = await image.registry.getManifest(image.repository, digest);
  if (stored === undefined)
    throw new RegistryError('REGISTRY_NOT_FOUND', `${image.repository}@${digest}: the registry does not have it`);
  if (stored.content.kind === 'manifest') return stored.content.manifest;
  const platforms: Descriptor[] = [];
  for (const child of stored.content.index.manifests)
    if (child.platform?.os !== 'unknown' || !(await holdsAttestations(image, child))) platforms.push(child);
  const [only, ...others] = platforms;
  if (only === undefined || others.length > 0 || depth > 2)
    throw new RegistryError(
      'REGISTRY_BAD_MANIFEST',
      `${place(image)} is an index of ${platforms.length} platforms: compare their manifests one by one`,
    );
  return readManifest(image, only.digest, depth + 1);
}

async function holdsAttestations({ registry, repository }: ImageLocation, { digest }: Descriptor): Promise<boolean> {
  const stored = await registry.getManifest(repository, digest);
  return stored?.content.kind === 'manifest' && holdsAttestationsOnly(stored.content.manifest);
}

async function readLayer(image: ImageLocation, layer: Descriptor, signal: AbortSignal): Promise<LayerFiles> {
  const compression = compressionOf(layer.mediaType);
  if (compression === undefined)
    throw new RegistryError(
      'REGISTRY_BAD_MANIFEST',
      `${place(image)}: layer ${shortDigest(layer.digest)} has the media type ${JSON.stringify(layer.mediaType.slice(0, 100))}`,
    );
  const stream = await image.registry.getBlob(image.repository, layer);
  return readLayerFiles(layer.digest, stream, { compression, limits: LIMITS, signal });
}

function compressionOf(mediaType: string): Compression | undefined {
  switch (mediaType) {
    case mediaTypes.ociLayerGzip:
    case mediaTypes.dockerLayerGzip:
      return 'gzip';
    case mediaTypes.ociLayerZstd:
      return 'zstd';
    case mediaTypes.ociLayer:
      return 'none';
    default:
      return undefined;
  }
}

async function readConfiguration(image: ImageLocation, manifest: Manifest): Promise<Record<string, unknown>> {
  const bytes = await image.registry.getBlobBytes(image.repository, manifest.config, MAX_CONFIG_BYTES);
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const config = asObject(asObject(parsed).config);
    return { ...config };
  } catch (error) {
    throw new RegistryError('REGISTRY_BAD_MANIFEST', `${place(image)}: its configuration is not JSON`, {
      cause: error,
    });
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function place(image: ImageLocation): string {
  return `${image.repository}@${shortDigest(image.digest)}`;
}
