import { constants, type KeyObject, privateEncrypt } from 'node:crypto';
import { p256, p384 } from '@noble/curves/nist.js';

/** DER of DigestInfo around a SHA-256 digest (RFC 8017, 9.2). */
const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** A signature over a digest, as key stores make it: node:crypto signs data only. */
export function signDigest(key: KeyObject, digest: Buffer): Buffer {
  if (key.asymmetricKeyType === 'rsa')
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([SHA256_INFO, digest]));
  const curve = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? p384 : p256;
  const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
  return Buffer.from(curve.sign(digest, secret, { prehash: false, format: 'der', lowS: false }));
}
