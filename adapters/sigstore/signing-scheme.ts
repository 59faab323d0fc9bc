import { constants, createHash, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import { KeyError } from './key-error.ts';

/** How one kind of key signs. `hash` is null where the algorithm has its own (Ed25519, ML-DSA). */
export interface SigningScheme {
  readonly algorithm: 'ecdsa' | 'ed25519' | 'rsa-pkcs1' | 'rsa-pss' | 'ml-dsa-65';
  readonly hash: 'sha256' | 'sha384' | null;
}

const MIN_RSA_BITS = 2048;

/** Of sigstore's algorithm registry (architecture-docs, algorithm-registry.md). Throws KEY_UNSUPPORTED, naming `source`. */
export function signingSchemeOf(key: KeyObject, source: string): SigningScheme {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ec':
      if (namedCurve === 'prime256v1') return { algorithm: 'ecdsa', hash: 'sha256' };
      if (namedCurve === 'secp384r1') return { algorithm: 'ecdsa', hash: 'sha384' };
      break;
    case 'ed25519':
      return { algorithm: 'ed25519', hash: null };
    case 'rsa':
      if (modulusLength >= MIN_RSA_BITS) return { algorithm: 'rsa-pkcs1', hash: 'sha256' };
      break;
    case 'rsa-pss':
      if (modulusLength >= MIN_RSA_BITS) return { algorithm: 'rsa-pss', hash: 'sha256' };
      break;
    case 'ml-dsa-65':
      return { algorithm: 'ml-dsa-65', hash: null };
    default:
  }
  throw new KeyError(
    'KEY_UNSUPPORTED',
    `${source}: keys that sign are ECDSA P-256 and P-384, Ed25519, RSA from ${MIN_RSA_BITS} bits (PKCS #1 or PSS) and ML-DSA-65`,
  );
}

/** The private key as node:crypto's `sign` takes it. */
export function withPadding(key: KeyObject, { algorithm }: SigningScheme): KeyObject | SignKeyObjectInput {
  if (algorithm !== 'rsa-pss') return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

/** What a key store signs that takes digests: none of the algorithms with a hash of their own. */
export function digestFor({ hash }: SigningScheme, data: Uint8Array): Buffer {
  return hash === null ? Buffer.from(data) : createHash(hash).update(data).digest();
}
