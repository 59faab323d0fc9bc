import type { BlobReference } from './descriptor.ts';
import type { Digest } from './digest.ts';

/**
 * Bodies (SBOMs, reports, statements, policies) live here; workflows, events and tables carry the reference.
 * Content addressed, so a put is idempotent.
 */
export interface BlobStore {
  put(bytes: Uint8Array, mediaType: string): Promise<BlobReference>;
  /** Throws where there is no such blob, or its bytes no longer match. */
  get(digest: Digest): Promise<Uint8Array>;
}
