import { ASN1Obj } from '@sigstore/core';

/** An ECDSA signature as JWS writes it (RFC 7518, 3.4): r and s, `half` bytes each, from DER. Throws where it is none. */
export function ecdsaToP1363(der: Uint8Array, half: number): Buffer {
  const numbers = ASN1Obj.parseBuffer(Buffer.from(der)).subs.map((number) => {
    const hex = number.toInteger().toString(16);
    if (!number.tag.isInteger() || hex.startsWith('-') || hex.length > half * 2) throw new Error('no ECDSA signature');
    return Buffer.from(hex.padStart(half * 2, '0'), 'hex');
  });
  if (numbers.length !== 2) throw new Error('no ECDSA signature');
  return Buffer.concat(numbers);
}
