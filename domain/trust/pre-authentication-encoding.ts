const encoder = new TextEncoder();

/** What a DSSE signature is made over: `DSSEv1 <length> <type> <length> <payload>`, lengths in bytes, in decimal (dsse protocol.md). */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const typeLength = isAscii(payloadType) ? payloadType.length : encoder.encode(payloadType).length;
  const head = `DSSEv1 ${typeLength} ${payloadType} ${payload.length} `;
  const headLength = head.length + typeLength - payloadType.length;
  const bytes = new Uint8Array(headLength + payload.length);
  encoder.encodeInto(head, bytes);
  bytes.set(payload, headLength);
  return bytes;
}

/** As every media type is: then a character is a byte. */
function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
