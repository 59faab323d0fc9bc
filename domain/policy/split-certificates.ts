const BLOCK = /-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/** The certificates of a PEM text (RFC 7468) as DER, on their face; undefined where there is none, or something else as well. */
export function splitCertificates(pem: string): Uint8Array[] | undefined {
  const bodies = [...pem.matchAll(BLOCK)].map(([, body = '']) => body.replace(/\s/g, ''));
  if (bodies.length === 0 || pem.replace(BLOCK, '').trim() !== '') return undefined;
  try {
    const all = bodies.map((body) => Uint8Array.from(atob(body), (character) => character.charCodeAt(0)));
    // A SEQUENCE, as every certificate is.
    return all.every(([first]) => first === 0x30) ? all : undefined;
  } catch {
    return undefined;
  }
}
