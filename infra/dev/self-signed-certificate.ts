/** A certificate for a key that is trusted by itself (RFC 5280), in as much DER (X.690) as that takes. */
import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const UTC_TIME = 0x17;
/** `[0]`, explicit: the version. */
const VERSION = 0xa0;
/** `[3]`, explicit. */
const EXTENSIONS = 0xa3;

// 1.2.840.10045.4.3.2 ecdsa-with-SHA256, and 2.5.4.3 commonName, with their tags.
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');

export interface CertificateOptions {
  /** An ECDSA private key. */
  readonly key: KeyObject;
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** PEM. */
export function selfSignedCertificate({ key, commonName, ...validity }: CertificateOptions): string {
  return signCertificate({
    key,
    issuer: commonName,
    subject: commonName,
    subjectKey: createPublicKey(key),
    ...validity,
  });
}

/** PEM. `key` is the issuer's; `extensions` are whole elements (RFC 5280, 4.2). */
export function signCertificate(
  given: Omit<CertificateOptions, 'commonName'> & {
    readonly issuer: string;
    readonly subject: string;
    readonly subjectKey: KeyObject;
    readonly extensions?: readonly Uint8Array[];
  },
): string {
  const { key, extensions = [] } = given;
  const algorithm = element(SEQUENCE, ECDSA_WITH_SHA256);
  const toBeSigned = element(
    SEQUENCE,
    element(VERSION, element(INTEGER, Buffer.from([2]))),
    element(INTEGER, serialNumber()),
    algorithm,
    nameOf(given.issuer),
    element(SEQUENCE, time(given.notBefore), time(given.notAfter)),
    nameOf(given.subject),
    given.subjectKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [element(EXTENSIONS, element(SEQUENCE, ...extensions))]),
  );
  // The first byte of a BIT STRING counts the unused bits of its last.
  const signature = element(BIT_STRING, Buffer.from([0]), sign('sha256', toBeSigned, key));
  const text = element(SEQUENCE, toBeSigned, algorithm, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

function nameOf(commonName: string): Buffer {
  const value = element(UTF8_STRING, Buffer.from(commonName));
  return element(SEQUENCE, element(SET, element(SEQUENCE, COMMON_NAME, value)));
}

/** X.690, 8.1: tag, length, contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const digits = body.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

/** Positive, without a leading zero byte (RFC 5280, 4.1.2.2). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return bytes;
}

/** Until 2049 with two digits of the year, later with four (RFC 5280, 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? element(UTC_TIME, Buffer.from(digits.slice(2)))
    : element(GENERALIZED_TIME, Buffer.from(digits));
}
