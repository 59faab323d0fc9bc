import type { KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';

/**
 * Whether `key` made `signature` (DER) over data of which only the SHA-256 is at hand, which node:crypto cannot say: ECDSA on P-256
 * (FIPS 186-5, 6.4.2, after its first step). False for every other key. In a file of its own: loading the curve takes a while.
 */
export function verifyDigestSignature(digest: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return false;
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  try {
    return p256.verify(signature, digest, point, { prehash: false, format: 'der', lowS: false });
  } catch {
    return false;
  }
}
