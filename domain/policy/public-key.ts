/**
 * What is wrong with a PEM public key on its face (RFC 7468 and the outer SEQUENCE of a SubjectPublicKeyInfo); undefined
 * where nothing is. Whether the key is of a kind we can use is for whoever computes its id.
 */
export function publicKeyProblem(pem: string): string | undefined {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    return 'this is a private key: take it out of the file, replace it everywhere, and put the public key here';
  const body = /^-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1];
  if (body === undefined) return 'not one PEM block from "-----BEGIN PUBLIC KEY-----" to "-----END PUBLIC KEY-----"';
  let der: string;
  try {
    der = atob(body.replace(/\s/g, ''));
  } catch {
    return 'the text between BEGIN and END is not base64';
  }
  const byte = (index: number) => der.charCodeAt(index);
  const lengthBytes = byte(1) < 0x80 ? 0 : byte(1) & 0x7f;
  let length = lengthBytes === 0 ? byte(1) : 0;
  for (let i = 0; i < lengthBytes && i < 4; i += 1) length = length * 256 + byte(2 + i);
  if (byte(0) !== 0x30 || der.length !== 2 + lengthBytes + length)
    return 'not a SubjectPublicKeyInfo: it may have been cut short';
  return undefined;
}
