/** Stock of an image or index: every layer once, side by side, then put together for each platform. */
import { z } from 'zod';
import {
  type Descriptor,
  type Manifest,
  mediaTypes,
  type Platform,
  platformName,
  platformSchema,
} from '../../domain/artifact/descriptor.ts';
import { type Digest, digestSchema } from '../../domain/artifact/digest.ts';
import { RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';
import { composeStock } from '../../domain/catalog/compose-stock.ts';
import type { LayerCache } from '../../domain/catalog/layer-cache.ts';
import { CATALOG_VERSION, type LayerFindings } from '../../domain/catalog/layer-findings.ts';
import type { Stock, Unreadable } from '../../domain/sbom/component.ts';
import { type ArchiveLimits, defaultLimits } from '../archive/archive-limits.ts';
import type { Compression } from '../archive/decompress.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { scanTar } from './scan-tar.ts';

export interface StockOptions {
  /** `os/arch[/variant]`; absent: every platform of an index. */
  readonly platform?: string;
  readonly cache?: LayerCache;
  readonly limits?: ArchiveLimits;
  readonly signal?: AbortSignal;
  /** Called after every chunk read, to beat a heart or move a bar. */
  readonly onProgress?: (progress: { readonly layer: Digest; readonly bytes: number; readonly of: number }) => void;
}

export interface PlatformStock {
  readonly platform?: Platform;
  /** Of the platform's own manifest. */
  readonly manifest: Digest;
  /** ISO 8601, as the image's configuration says. */
  readonly created?: string;
  readonly stock: Stock;
}

const CONCURRENT_LAYERS = 2;
const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

const layerTypes: Readonly<Record<string, Compression>> = {
  [mediaTypes.ociLayer]: 'none',
  [mediaTypes.ociLayerGzip]: 'gzip',
  [mediaTypes.ociLayerZstd]: 'zstd',
  [mediaTypes.dockerLayerGzip]: 'gzip',
  'application/vnd.docker.image.rootfs.diff.tar': 'none',
  'application/vnd.docker.image.rootfs.diff.tar.zstd': 'zstd',
};

const configSchema = z.object({
  os: z.string().max(64).optional(),
  architecture: z.string().max(64).optional(),
  variant: z.string().max(64).optional(),
  created: z.iso.datetime({ offset: true }).optional().catch(undefined),
  rootfs: z.object({ diff_ids: z.array(digestSchema).max(1000) }),
});
type ImageConfig = z.infer<typeof configSchema>;

type Reader = Pick<RegistryReader, 'getManifest' | 'getBlob' | 'getBlobBytes'>;

/**
 * One stock a platform, in the index's order; attestations beside them (platform `unknown/unknown`) are not platforms.
 * What can not be read of an image leaves its stock incomplete, with the reason. Throws a RegistryError where the
 * registry is away or refuses us, or the manifest itself is missing: that says nothing about the image.
 */
export async function takeImageStock(
  reader: Reader,
  repository: string,
  digest: Digest,
  options: StockOptions = {},
): Promise<PlatformStock[]> {
  const stored = await reader.getManifest(repository, digest);
  if (stored === undefined)
    throw new RegistryError('REGISTRY_NOT_FOUND', `${repository}@${digest}: the registry has no such manifest`);
  if (stored.content.kind === 'manifest') {
    const taken = await takeManifestStock(reader, repository, digest, stored.content.manifest, options);
    return options.platform === undefined || taken.platform === undefined || matches(taken.platform, options.platform)
      ? [taken]
      : [];
  }
  const children = stored.content.index.manifests.filter(
    (child) =>
      child.platform?.os !== 'unknown' &&
      (options.platform === undefined || child.platform === undefined || matches(child.platform, options.platform)),
  );
  const stocks: PlatformStock[] = [];
  for (const child of children) stocks.push(...(await takeChildStock(reader, repository, child, options)));
  return stocks;
}

/** `linux/arm64` asks for any variant of it. */
function matches(platform: Platform, wanted: string): boolean {
  const name = platformName(platform);
  return name === wanted || name.startsWith(`${wanted}/`);
}

async function takeChildStock(
  reader: Reader,
  repository: string,
  child: Descriptor,
  options: StockOptions,
): Promise<PlatformStock[]> {
  const stored = await reader.getManifest(repository, child.digest);
  if (stored?.content.kind === 'manifest') {
    const taken = await takeManifestStock(reader, repository, child.digest, stored.content.manifest, options);
    return [{ ...taken, ...(child.platform === undefined ? {} : { platform: child.platform }) }];
  }
  const reason = stored === undefined ? 'the registry has no such manifest' : 'an index inside an index is not read';
  return [
    {
      manifest: child.digest,
      ...(child.platform === undefined ? {} : { platform: child.platform }),
      stock: composeStock([], { root: '/', unreadable: [{ path: '/', reason: `${child.digest}: ${reason}` }] }),
    },
  ];
}

async function takeManifestStock(
  reader: Reader,
  repository: string,
  digest: Digest,
  manifest: Manifest,
  options: StockOptions,
): Promise<PlatformStock> {
  const config = await readConfig(reader, repository, manifest);
  if ('reason' in config)
    return {
      manifest: digest,
      stock: composeStock([], { root: '/', unreadable: [{ path: '/', reason: config.reason }] }),
    };
  const unreadable: Unreadable[] = [];
  const { diff_ids: diffIds } = config.rootfs;
  if (diffIds.length !== manifest.layers.length)
    unreadable.push({
      path: '/',
      reason: `${manifest.layers.length} layers, and the configuration names ${diffIds.length}`,
    });
  const layers = await mapConcurrently(manifest.layers, CONCURRENT_LAYERS, (layer, index) =>
    readLayer(reader, repository, layer, diffIds[index], options),
  );
  const stock = composeStock(layers, { root: '/', unreadable });
  const { os, architecture, variant, created } = config;
  const platform = platformSchema.safeParse({ os, architecture, ...(variant === undefined ? {} : { variant }) });
  return {
    manifest: digest,
    ...(platform.success ? { platform: platform.data } : {}),
    ...(created === undefined ? {} : { created }),
    stock,
  };
}

/** Artifacts that are no images (charts, signatures, modules) have no root file system to take stock of: that is said. */
async function readConfig(
  reader: Reader,
  repository: string,
  manifest: Manifest,
): Promise<ImageConfig | { reason: string }> {
  const { config } = manifest;
  if (config.mediaType !== mediaTypes.ociConfig && config.mediaType !== mediaTypes.dockerConfig)
    return { reason: `not an image: its configuration is of type ${config.mediaType.slice(0, 100)}` };
  try {
    const bytes = await reader.getBlobBytes(repository, config, MAX_CONFIG_BYTES);
    const parsed = configSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? parsed.data : { reason: 'the configuration is not as the image specification has it' };
  } catch (error) {
    if (error instanceof SyntaxError) return { reason: 'the configuration is not JSON' };
    return { reason: `the configuration: ${recordable(error).message}` };
  }
}

async function readLayer(
  reader: Reader,
  repository: string,
  layer: Descriptor,
  diffId: Digest | undefined,
  options: StockOptions,
): Promise<LayerFindings> {
  const compression = layerTypes[layer.mediaType];
  const nothing = { ...(diffId === undefined ? {} : { diffId }), files: [], whiteouts: [], opaqueDirectories: [] };
  if (compression === undefined) {
    const reason = `layer ${layer.digest} is of type ${layer.mediaType.slice(0, 100)}, which is not read`;
    return { ...nothing, failure: { code: 'LAYER_TYPE', reason } };
  }
  if (diffId === undefined)
    return { ...nothing, failure: { code: 'LAYER_UNNAMED', reason: `layer ${layer.digest} has no diff-id` } };
  const limits = options.limits ?? defaultLimits;
  const key = { blob: layer.digest, diffId, catalogVersion: CATALOG_VERSION, limits: limits.name };
  const cached = await options.cache?.get(key);
  if (cached !== undefined) return cached;
  try {
    const findings = await scanTar(await reader.getBlob(repository, layer), {
      compression,
      limits,
      expectedDiffId: diffId,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onProgress: (bytes) => options.onProgress?.({ layer: layer.digest, bytes, of: layer.size }),
    });
    if (findings.failure === undefined) await options.cache?.put(key, findings);
    else return { ...findings, failure: { ...findings.failure, reason: `layer ${layer.digest}: ${findings.failure.reason}` } };
    return findings;
  } catch (error) {
    const { code, message } = recordable(error);
    return { ...nothing, failure: { code, reason: `layer ${layer.digest}: ${message}` } };
  }
}

/** What the registry says about the bytes is recorded; that it is away or refuses us is thrown again, to be retried. */
function recordable(error: unknown): RegistryError {
  if (!(error instanceof RegistryError)) throw error;
  switch (error.code) {
    case 'REGISTRY_UNAVAILABLE':
    case 'REGISTRY_DENIED':
      throw error;
    case 'REGISTRY_NOT_FOUND':
    case 'REGISTRY_DIGEST_MISMATCH':
    case 'REGISTRY_TRUNCATED':
    case 'REGISTRY_TOO_LARGE':
    case 'REGISTRY_BAD_MANIFEST':
    case 'REGISTRY_REFUSED':
      return error;
  }
}
