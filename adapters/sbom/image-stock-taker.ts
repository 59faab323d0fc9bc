/** Stock of an image or index: every layer once, side by side, then put together for each platform. */
import {
  type Descriptor,
  type Manifest,
  type Platform,
  platformName,
  platformSchema,
} from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { RegistryError, type RegistryReader, type StoredManifest } from '../../domain/artifact/registry.ts';
import { holdsAttestationsOnly } from '../../domain/artifact/runnable.ts';
import { composeStock } from '../../domain/catalog/compose-stock.ts';
import type { LayerCache } from '../../domain/catalog/layer-cache.ts';
import type { LayerFindings } from '../../domain/catalog/layer-findings.ts';
import type { StockTaker, TakenPlatform } from '../../domain/catalog/stock-taker.ts';
import { labelFacts } from '../../domain/sbom/build-fact.ts';
import type { Unreadable } from '../../domain/sbom/component.ts';
import { type ArchiveLimits, defaultLimits } from '../archive/archive-limits.ts';
import { mapConcurrently } from '../concurrency/map-concurrently.ts';
import { readImageConfig } from './read-image-config.ts';
import { type LayerOptions, takeLayer } from './take-layer.ts';

const CONCURRENT_LAYERS = 3;
/** Indexes inside indexes. */
const MAX_INDEX_DEPTH = 3;
/** Of one index, nested ones included: more is no image anybody runs. */
const MAX_PLATFORMS = 200;

type Reader = Pick<RegistryReader, 'getManifest' | 'getBlob' | 'getBlobBytes'>;

export interface ImageStockTakerOptions {
  readonly cache?: LayerCache;
  readonly limits?: ArchiveLimits;
  /** The path of `igzip` (Debian's `isal`), which undoes the gzip of large layers with less processor time. */
  readonly igzip?: string | undefined;
  /** Takes stock of the platforms it accepts only; an image that names no platform is always taken. */
  readonly wantsPlatform?: (platform: Platform) => boolean;
}

/**
 * One stock a platform, in the index's order; attestations beside them (platform `unknown/unknown`, nothing to run) are not platforms.
 * What can not be read of an image leaves its stock incomplete, with the reason. `take` throws a RegistryError where the
 * registry is away or refuses us, or has not got a manifest: that says nothing about the image.
 */
export function createImageStockTaker(reader: Reader, options: ImageStockTakerOptions = {}): StockTaker {
  return {
    async take(repository, digest, { signal, progress }) {
      const { cache, igzip, limits = defaultLimits } = options;
      const layerOptions = { cache, igzip, limits, signal, progress };
      const wants = options.wantsPlatform ?? (() => true);
      const platforms = await findPlatforms(reader, repository, digest, wants);
      const taken: TakenPlatform[] = [];
      for (const one of platforms) taken.push(await takePlatform(reader, repository, one, layerOptions));
      return taken.filter(({ platform }) => platform === undefined || wants(platform));
    },
  };
}

interface FoundPlatform {
  readonly stored: StoredManifest;
  readonly manifest: Manifest;
  /** As the index says. */
  readonly platform: Platform | undefined;
  /** The indexes on the way to it. */
  readonly within: readonly Digest[];
}

async function findPlatforms(
  reader: Reader,
  repository: string,
  root: Digest,
  wants: (platform: Platform) => boolean,
): Promise<FoundPlatform[]> {
  const found: FoundPlatform[] = [];
  const visit = async (digest: Digest, platform: Platform | undefined, within: readonly Digest[]): Promise<void> => {
    const stored = await reader.getManifest(repository, digest);
    if (stored === undefined)
      throw new RegistryError('REGISTRY_NOT_FOUND', `${repository}@${digest}: the registry has no such manifest`);
    if (stored.content.kind === 'manifest') {
      const isKnown = platform?.os !== 'unknown';
      // What has layers of another kind can be run, whatever the index says of it.
      if (!isKnown && holdsAttestationsOnly(stored.content.manifest)) return;
      found.push({ stored, manifest: stored.content.manifest, platform: isKnown ? platform : undefined, within });
      if (found.length > MAX_PLATFORMS)
        throw new RegistryError('REGISTRY_TOO_LARGE', `${repository}@${root}: more than ${MAX_PLATFORMS} platforms`);
      return;
    }
    if (within.length >= MAX_INDEX_DEPTH)
      throw new RegistryError('REGISTRY_BAD_MANIFEST', `${repository}@${root}: indexes nested too deep`);
    for (const child of stored.content.index.manifests) {
      const says = child.platform?.os === 'unknown' ? undefined : child.platform;
      if (says !== undefined && !wants(says)) continue;
      await visit(child.digest, child.platform, [...within, digest]);
    }
  };
  await visit(root, undefined, []);
  return found;
}

async function takePlatform(
  reader: Reader,
  repository: string,
  { stored, manifest, platform, within }: FoundPlatform,
  options: LayerOptions,
): Promise<TakenPlatform> {
  const { digest, mediaType, size } = stored.descriptor;
  const config = await readImageConfig(reader, repository, manifest);
  const about = { digest, mediaType, size, within, config: manifest.config.digest };
  if ('reason' in config) {
    const stock = composeStock([], { root: '/', unreadable: [{ path: '/', reason: config.reason }] });
    return { ...about, platform, diffIds: [], created: undefined, build: [], stock };
  }
  const { diff_ids: diffIds } = config.rootfs;
  const unreadable: Unreadable[] = [];
  if (diffIds.length !== manifest.layers.length)
    unreadable.push({
      path: '/',
      reason: `${manifest.layers.length} layers, and the configuration names ${diffIds.length}`,
    });
  const layers = await takeLayers(reader, repository, manifest.layers, diffIds, options);
  const { os, architecture, variant } = config;
  const own = platformSchema.safeParse({ os, architecture, ...(variant ? { variant } : {}) }).data;
  return {
    ...about,
    platform: platform ?? own,
    diffIds,
    created: config.created,
    build: [
      ...labelFacts('annotation', manifest.annotations ?? {}),
      ...labelFacts('label', config.config?.Labels ?? {}),
    ],
    stock: composeStock(layers, { root: '/', unreadable }),
  };
}

/** The largest first: one that is begun last would be read alone, with nobody to work while it waits. In the image's order. */
async function takeLayers(
  reader: Reader,
  repository: string,
  layers: readonly Descriptor[],
  diffIds: readonly Digest[],
  options: LayerOptions,
): Promise<LayerFindings[]> {
  const found = new Array<LayerFindings>(layers.length);
  const largestFirst = [...layers.entries()].toSorted(([, a], [, b]) => b.size - a.size);
  await mapConcurrently(largestFirst, CONCURRENT_LAYERS, async ([index, layer]) => {
    found[index] = await takeLayer(reader, repository, layer, diffIds[index], options);
  });
  return found;
}

/** `linux/arm64` asks for any variant of it. */
export function isPlatform(platform: Platform, wanted: string): boolean {
  const name = platformName(platform);
  return name === wanted || name.startsWith(`${wanted}/`);
}
