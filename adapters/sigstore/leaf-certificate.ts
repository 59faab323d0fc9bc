/** The certificate a bundle was signed under: what it must be for, and what is written in it. */
import type { Bundle } from '@sigstore/bundle';
import type { X509Certificate } from '@sigstore/core';
import type { SignedEntity } from '@sigstore/verify';
import type { VerificationProof } from '../../domain/trust/evidence.ts';
import { type Rejection, reject } from './open-bundle.ts';

const EXTENDED_KEY_USAGE = '2.5.29.37';
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
/** Fulcio's arc (fulcio/docs/oid-info.md); 1 to 6 hold raw text, those after it DER strings. */
const FULCIO = '1.3.6.1.4.1.57264.1.';
const LAST_RAW = 6;
/** RFC 5280, 4.2: critical extensions nobody reads make a certificate invalid. These are read. */
const KNOWN_CRITICAL = new Set(['2.5.29.15', '2.5.29.17', '2.5.29.19', EXTENDED_KEY_USAGE]);

/** The first certificate of the bundle: DER. Undefined where a key signed it. */
export function certificateOf(bundle: Bundle): Buffer | undefined {
  const { content } = bundle.verificationMaterial;
  if (content.$case === 'publicKey') return undefined;
  return content.$case === 'certificate'
    ? content.certificate.rawBytes
    : content.x509CertificateChain.certificates[0]?.rawBytes;
}

/** What `@sigstore/verify` does not ask: an end certificate, made for signing code, with nothing critical that is not understood. */
export function checkLeaf(leaf: X509Certificate): Rejection | undefined {
  if (leaf.isCA) return reject('CERTIFICATE_INVALID', 'the signing certificate is one of an authority');
  const usages = leaf.extension(EXTENDED_KEY_USAGE)?.valueObj.subs[0]?.subs.map((usage) => usage.toOID());
  if (usages?.includes(CODE_SIGNING) !== true)
    return reject('CERTIFICATE_INVALID', 'the certificate is not made for signing code');
  for (const extension of leaf.extensions) {
    const oid = extension.subs[0]?.toOID() ?? '';
    if (extension.subs.length === 3 && leaf.extension(oid)?.critical === true && !KNOWN_CRITICAL.has(oid))
      return reject('CERTIFICATE_INVALID', `the certificate has a critical extension that is not understood (${oid})`);
  }
  return undefined;
}

/** Fulcio writes identities that are neither URI nor email, of CI users, as an otherName (oid-info.md). */
export function otherNameOf({ key }: SignedEntity): string | undefined {
  return key.$case === 'certificate' ? key.certificate.extSubjectAltName?.otherName(`${FULCIO}7`) : undefined;
}

/** Called for certificates whose chain was verified. */
export function describeLeaf(leaf: X509Certificate): NonNullable<VerificationProof['certificate']> {
  const extensions: Record<string, string> = {};
  for (const { subs } of leaf.extensions) {
    const oid = subs[0]?.toOID() ?? '';
    const value = subs.at(-1);
    if (!oid.startsWith(FULCIO) || value === undefined) continue;
    const isRaw = Number(oid.slice(FULCIO.length)) <= LAST_RAW;
    const text = isRaw ? value.value : value.subs[0]?.value;
    if (text !== undefined) extensions[oid] = text.toString('utf8');
  }
  return { notBefore: leaf.notBefore.toISOString(), notAfter: leaf.notAfter.toISOString(), extensions };
}
