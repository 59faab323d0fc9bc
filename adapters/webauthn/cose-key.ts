/** The COSE key of a new passkey (RFC 9052, 7; RFC 9053, 7; RFC 8230, 4), as registrations bring it. */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { decodeSequence } from 'cbor2';
import { ProofError } from '../../domain/identity/proof-error.ts';

const labels = { type: 1, algorithm: 3, curve: -1, x: -2, y: -3, modulus: -1, exponent: -2 } as const;
/** Definite lengths, each key once; nothing nests deep. */
const strict = {
  preferMap: true,
  rejectDuplicateKeys: true,
  rejectStreaming: true,
  rejectFloats: true,
  ignoreGlobalTags: true,
  maxDepth: 4,
  tags: new Map(),
} as const;

/** The key in DER. `bytes` end with it, or with one map of extensions where the flags say so. Throws a ProofError. */
export function readCoseKey(bytes: Uint8Array, hasExtensions: boolean): Buffer {
  try {
    const items: unknown[] = [...decodeSequence(new Uint8Array(bytes), strict)];
    if (items.length !== (hasExtensions ? 2 : 1) || !items.every((item) => item instanceof Map))
      throw new RangeError('it is not one key, and extensions where the flags say so');
    const jwk = toJwk(items[0] as ReadonlyMap<unknown, unknown>);
    return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
  } catch (cause) {
    throw new ProofError('PROOF_UNREADABLE', `the key of the passkey cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function toJwk(map: ReadonlyMap<unknown, unknown>): JsonWebKey {
  const bytes = (label: number, length?: number): string => {
    const value = map.get(label);
    if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length))
      throw new RangeError(`its parameter ${label} is missing or wrong`);
    return Buffer.from(value).toString('base64url');
  };
  const kind = [labels.type, labels.algorithm].map((label) => String(map.get(label))).join(' ');
  const curve = String(map.get(labels.curve));
  // Key type and algorithm: EC2 with ES256, OKP with EdDSA, RSA with RS256.
  if (kind === '2 -7' && curve === '1')
    return { kty: 'EC', crv: 'P-256', x: bytes(labels.x, 32), y: bytes(labels.y, 32) };
  if (kind === '1 -8' && curve === '6') return { kty: 'OKP', crv: 'Ed25519', x: bytes(labels.x, 32) };
  if (kind === '3 -257') return { kty: 'RSA', n: bytes(labels.modulus), e: bytes(labels.exponent) };
  throw new RangeError('it is of another kind than ES256, Ed25519 and RS256');
}
