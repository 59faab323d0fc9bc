import { NotationError } from '../../domain/trust/notation/notation-error.ts';
import { type Certificate, readCertificate } from './certificate.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;
/** Certificates in one file: a trust store of a whole operating system has fewer. */
const MAX_CERTIFICATES = 1000;

/** The certificates of a PEM text, or one in DER. Throws a NotationError with `code`, which names `source`. */
export function readCertificates(
  content: string | Uint8Array,
  source: string,
  code: 'TRUST_STORE_UNREADABLE' | 'CHAIN_INVALID',
): Certificate[] {
  const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
  const blocks = [...text.matchAll(BLOCK)].map(([, body = '']) => Buffer.from(body, 'base64'));
  const all = blocks.length === 0 && typeof content !== 'string' ? [Buffer.from(content)] : blocks;
  if (all.length === 0 || all.length > MAX_CERTIFICATES)
    throw new NotationError(
      code,
      `${source}: expected certificates in PEM ("-----BEGIN CERTIFICATE-----"), or one in DER`,
    );
  try {
    return all.map((der) => readCertificate(der));
  } catch (cause) {
    throw new NotationError(code, `${source}: a certificate in it cannot be read`, { cause });
  }
}
