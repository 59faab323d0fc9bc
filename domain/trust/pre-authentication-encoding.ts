const encoder = new TextEncoder();

/** What a DSSE signature is made over: `DSSEv1 <length> <type> <length> <payload>`, lengths in bytes, in decimal (dsse protocol.md). */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  if (!isAscii(payloadType)) {
    const type = encoder.encode(payloadType);
    return join(encoder.encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `), payload);
  }
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
  const bytes = new Uint8Array(head.length + payload.length);
  for (let at = 0; at < head.length; at += 1) bytes[at] = head.charCodeAt(at);
  bytes.set(payload, head.length);
  return bytes;
}

function join(head: Uint8Array, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}

/** As every media type is: then a character is a byte. */
function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
