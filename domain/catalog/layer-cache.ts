import type { Digest } from '../artifact/digest.ts';
import type { LayerFindings } from './layer-findings.ts';

/**
 * All that a layer's findings depend on. The blob's digest is part of it: with the diff-id alone, an image could borrow
 * the findings of a clean layer by naming its diff-id beside a blob that unpacks to something else.
 */
export interface LayerCacheKey {
  /** Of the blob as it is stored, usually compressed. */
  readonly blob: Digest;
  readonly diffId: Digest;
  readonly catalogVersion: string;
  /** Names the limits in force: what was too large under one limit is not under another. */
  readonly limits: string;
}

/** Keeps findings of layers that were read to their end, never failures. A lost entry costs time only. */
export interface LayerCache {
  get(key: LayerCacheKey): Promise<LayerFindings | undefined>;
  put(key: LayerCacheKey, findings: LayerFindings): Promise<void>;
}
