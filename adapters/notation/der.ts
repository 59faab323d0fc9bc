/** As much of DER (X.690) as signed bytes take: the library re-encodes what it read, signatures are over what was written. */
import type { ASN1Obj } from '@sigstore/core';

/** Tags as they are written: universal ones (X.680, 8.4), and the first context-specific one, constructed. */
export const derTags = {
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTETS: 0x04,
  ENUMERATED: 0x0a,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  SET: 0x31,
  CONTEXT_0: 0xa0,
} as const;

/** A whole element: tag, length in its shortest form, content. */
export function derElement(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag), derLength(content.length), content]);
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes]);
}

/** An element with its header, from what was parsed. */
export function wholeElement(element: ASN1Obj): Buffer {
  return derElement(element.tag.toDER(), element.value);
}

/** The object identifier an AlgorithmIdentifier or an attribute begins with. Throws where there is none. */
export function oidOf(element: ASN1Obj | undefined): string {
  const [first] = element?.subs ?? [];
  if (first === undefined) throw new Error('no object identifier');
  return first.toOID();
}
