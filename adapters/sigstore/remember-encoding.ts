/**
 * `@sigstore/core` encodes a whole certificate anew for every comparison, and checks the certificates of an authority again for
 * every leaf: most of the time of a verification. Certificates do not change, so both are remembered, with the certificate.
 */
import type { X509Certificate } from '@sigstore/core';

interface Encodable {
  toDER(): Buffer;
}

/** For any certificate, for as long as it is at hand. */
export function rememberEncoding(certificate: X509Certificate): void {
  const { root, tbsCertificate } = certificate as unknown as { root: Encodable; tbsCertificate: Encodable };
  for (const part of [root, tbsCertificate]) {
    const der = part.toDER();
    part.toDER = () => der;
  }
}

/** For certificates of a trusted root: whether one signed another is asked once of each pair. */
export function rememberAuthority(certificate: X509Certificate): void {
  rememberEncoding(certificate);
  const known = new WeakMap<X509Certificate, boolean>();
  const verify = certificate.verify.bind(certificate);
  certificate.verify = (issuer = certificate) => {
    const answer = known.get(issuer) ?? verify(issuer);
    known.set(issuer, answer);
    return answer;
  };
}
