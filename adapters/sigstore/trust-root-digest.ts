import { createHash } from 'node:crypto';
import type { TrustMaterial } from '@sigstore/verify';

const digests = new WeakMap<TrustMaterial, string>();

export function rememberTrustRoot(material: TrustMaterial, document: Uint8Array): void {
  digests.set(material, createHash('sha256').update(document).digest('hex'));
}

/** SHA-256 (hex) of the document that this was read from; empty where it was made otherwise. */
export function trustRootDigest(material: TrustMaterial): string {
  return digests.get(material) ?? '';
}
