import { constants, createHash, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto';
import { p256, p384 } from '@noble/curves/nist.js';

/** DER of DigestInfo around a SHA-256 digest (RFC 8017, 9.2). */
const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** A signature over a digest, as key stores make it: node:crypto signs data only. ECDSA's as DER, or as r and s alone. */
export function signDigest(key: KeyObject, digest: Buffer, format: 'der' | 'compact' = 'der'): Buffer {
  if (key.asymmetricKeyType === 'rsa')
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([SHA256_INFO, digest]));
  const curve = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? p384 : p256;
  const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
  return Buffer.from(curve.sign(digest, secret, { prehash: false, format, lowS: false }));
}

/** RSASSA-PSS with MGF1, SHA-256 and a salt as long as the digest (RFC 8017, 9.1.1), of a key of whole bytes. */
export function signDigestPss(key: KeyObject, digest: Buffer): Buffer {
  const size = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  const salt = randomBytes(digest.length);
  const hash = sha256(Buffer.alloc(8), digest, salt);
  const block = Buffer.concat([Buffer.alloc(size - salt.length - hash.length - 2), Buffer.of(1), salt]);
  const mask = Buffer.concat(
    Array.from({ length: Math.ceil(block.length / hash.length) }, (_, at) => sha256(hash, Buffer.of(0, 0, 0, at))),
  );
  const masked = block.map((byte, at) => byte ^ (mask[at] ?? 0));
  // The modulus begins with a bit that is set: what is encrypted, with one that is not.
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.concat([masked, hash, Buffer.of(0xbc)]));
}
