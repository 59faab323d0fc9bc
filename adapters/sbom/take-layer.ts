/** The findings of one layer: from the cache, or by reading it. */
import { type Descriptor, mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';
import type { LayerCache } from '../../domain/catalog/layer-cache.ts';
import { CATALOG_VERSION, type LayerFindings } from '../../domain/catalog/layer-findings.ts';
import { ownValue } from '../../domain/own-value.ts';
import type { ArchiveLimits } from '../archive/archive-limits.ts';
import type { Compression } from '../archive/decompress.ts';
import { recordableError } from './recordable-error.ts';

export interface LayerOptions {
  readonly cache: LayerCache | undefined;
  readonly limits: ArchiveLimits;
  /** The path of igzip, where it is on the machine. */
  readonly igzip: string | undefined;
  readonly signal: AbortSignal;
  /** Called after every chunk. */
  readonly progress: (place: string) => void;
}

/** Of a compressed layer: below, a thread and a process take longer to start than they save. */
const LARGE_BYTES = 12 * 1024 * 1024;
/** From here on, what is saved by hashing beside unpacking is more than another thread takes. */
const HUGE_BYTES = 96 * 1024 * 1024;

const layerTypes: Readonly<Record<string, Compression>> = {
  [mediaTypes.ociLayer]: 'none',
  [mediaTypes.ociLayerGzip]: 'gzip',
  [mediaTypes.ociLayerZstd]: 'zstd',
  [mediaTypes.dockerLayerGzip]: 'gzip',
  'application/vnd.docker.image.rootfs.diff.tar': 'none',
  'application/vnd.docker.image.rootfs.diff.tar.zstd': 'zstd',
};

/**
 * What is wrong with the layer is in the findings' `failure`, and is not cached.
 * Throws where the registry is away or refuses us, and the signal's reason.
 */
export async function takeLayer(
  reader: Pick<RegistryReader, 'getBlob'>,
  repository: string,
  layer: Descriptor,
  diffId: Digest | undefined,
  options: LayerOptions,
): Promise<LayerFindings> {
  const failed = (code: string, reason: string): LayerFindings => ({
    ...(diffId === undefined ? {} : { diffId }),
    files: [],
    whiteouts: [],
    opaqueDirectories: [],
    failure: { code, reason: `layer ${layer.digest}: ${reason}` },
  });
  const compression = ownValue(layerTypes, layer.mediaType);
  if (compression === undefined)
    return failed('LAYER_UNSUPPORTED', `layers of type ${layer.mediaType.slice(0, 100)} are not read`);
  if (diffId === undefined) return failed('LAYER_UNNAMED', 'the configuration has no diff-id for it');
  const { cache, limits, signal, progress } = options;
  const key = { blob: layer.digest, diffId, catalogVersion: CATALOG_VERSION, limits: limits.name };
  const cached = await cache?.get(key);
  if (cached !== undefined) return cached;
  try {
    // The catalogers, which nothing needs where all layers are known.
    const { scanTar } = await import('./scan-tar.ts');
    const findings = await scanTar(() => reader.getBlob(repository, layer, { lent: true }), {
      compression,
      limits,
      isLarge: layer.size >= LARGE_BYTES,
      hashesApart: layer.size >= HUGE_BYTES,
      igzip: options.igzip,
      expectedDiffId: diffId,
      signal,
      onProgress: (bytes) => progress(`layer ${layer.digest}: ${bytes} of ${layer.size} bytes`),
    });
    if (findings.failure !== undefined)
      return { ...findings, failure: failed(findings.failure.code, findings.failure.reason).failure };
    await cache?.put(key, findings);
    return findings;
  } catch (error) {
    const { code, message } = recordableError(error);
    return failed(code, message);
  }
}
