/** What lists of revoked certificates and answers about one have in common (RFC 5280, RFC 6960). */
import { type KeyObject, verify } from 'node:crypto';
import type { ASN1Obj } from '@sigstore/core';
import { derTags, oidOf } from './der.ts';

/** RFC 5280, 5.3.2: since when what was signed is not believed. */
export const INVALIDITY_DATE = '2.5.29.24';

/** What signs them: hash by signature algorithm (RFC 4055, 5758, 8410); null where the algorithm has its own. */
const HASHES: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

/** Undefined for algorithms that do not count. */
export function signatureHash(algorithm: ASN1Obj): string | null | undefined {
  const isWhole = algorithm.tag.toDER() === derTags.SEQUENCE && algorithm.subs[0]?.tag.isOID() === true;
  return isWhole ? HASHES[oidOf(algorithm)] : undefined;
}

/** Whether a bit string is the signature of these bytes. Never throws. */
export function isSignedBits(signed: Buffer, { value }: ASN1Obj, hash: string | null, key: KeyObject): boolean {
  // A bit string of whole bytes.
  if (value[0] !== 0) return false;
  try {
    return verify(hash, signed, key, value.subarray(1));
  } catch {
    return false;
  }
}

export function extensionsOf(list: ASN1Obj | undefined) {
  return (list?.subs ?? []).map((extension) => ({
    oid: oidOf(extension),
    isCritical: extension.subs.length === 3 && extension.subs[1]?.toBoolean() === true,
    value: extension.subs.at(-1),
  }));
}

/** A serial number from hex, without zeros before it, in small letters. */
export function serialOf(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, '');
}
