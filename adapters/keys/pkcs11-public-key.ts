import { createPublicKey } from 'node:crypto';
import type { SessionObject } from 'graphene-pk11';
import { KeyError } from '../sigstore/key-error.ts';

/** DER of the named curves (RFC 5480) as CKA_EC_PARAMS has them, and what their SPKI begins with. */
const spkiPrefixes = new Map([
  ['06082a8648ce3d030107', '3059301306072a8648ce3d020106082a8648ce3d030107034200'],
  ['06052b81040022', '3076301006072a8648ce3d020106052b81040022036200'],
]);

/** The SPKI of a public key object, in DER. */
export function publicKeyOf(
  { KeyType }: typeof import('graphene-pk11'),
  object: SessionObject,
  source: string,
): Uint8Array {
  const { keyType } = object.getAttribute({ keyType: null });
  if (keyType === KeyType.EC) {
    const { paramsECDSA, pointEC } = object.getAttribute({ paramsECDSA: null, pointEC: null });
    const prefix = spkiPrefixes.get(Buffer.from(paramsECDSA ?? []).toString('hex'));
    // An OCTET STRING around the point: two bytes before it, for points of up to 127 bytes.
    if (prefix !== undefined && pointEC != null)
      return Buffer.concat([Buffer.from(prefix, 'hex'), Buffer.from(pointEC).subarray(2)]);
  }
  if (keyType === KeyType.RSA) {
    const { modulus, publicExponent } = object.getAttribute({ modulus: null, publicExponent: null });
    const text = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString('base64url');
    const jwk = { kty: 'RSA', n: text(modulus), e: text(publicExponent) };
    return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
  }
  throw new KeyError('KEY_UNSUPPORTED', `${source}: keys in modules that sign here are ECDSA P-256, P-384 and RSA`);
}
