/** PKCS #11 and JWS write an ECDSA signature as r and s, each as long as the curve; X.509, DSSE and Sigstore as DER (RFC 3279, 2.2.3). */
export function ecdsaToDer(signature: Uint8Array): Buffer {
  const half = signature.length / 2;
  const body = Buffer.concat([integer(signature.subarray(0, half)), integer(signature.subarray(half))]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** Without leading zeros, and positive. P-384's fit into lengths of one byte. */
function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  const padded = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : Buffer.from(digits);
  return Buffer.concat([Buffer.from([0x02, padded.length]), padded]);
}
