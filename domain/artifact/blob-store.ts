import type { BlobReference } from './descriptor.ts';
import type { Digest } from './digest.ts';

/** A body is not there, or is another: looking again does not help. A store that is away throws something else. */
export class BlobError extends Error {
  override readonly name = 'BlobError';
}

/**
 * Bodies (SBOMs, reports, statements, policies) live here; workflows, events and tables carry the reference.
 * Content addressed, so a put is idempotent.
 */
export interface BlobStore {
  put(bytes: Uint8Array, mediaType: string): Promise<BlobReference>;
  /** Throws a BlobError where there is no such blob, or its bytes no longer match. */
  get(digest: Digest): Promise<Uint8Array>;
}
