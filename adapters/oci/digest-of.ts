import { createHash } from 'node:crypto';
import type { Digest } from '../../domain/artifact/digest.ts';

/** Digest of bytes as registries name them. */
export function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}
