/** A certificate as Notation judges it (RFC 5280; specifications, signature-specification.md, "Certificate requirements"). */
import { createHash, X509Certificate } from 'node:crypto';
import { ASN1Obj } from '@sigstore/core';
import { type DistinguishedName, distinguishedName } from '../../domain/trust/notation/distinguished-name.ts';
import { NotationError } from '../../domain/trust/notation/notation-error.ts';
import { keyIdOf } from '../sigstore/key-id.ts';
import { oidOf, wholeElement } from './der.ts';

export const extendedKeyUsages = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const;

/** Positions in KeyUsage's bit string (RFC 5280, 4.2.1.3). */
export const keyUsageBits = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;

interface Extension {
  readonly critical: boolean;
}

/** Addresses as they are written in it (RFC 5280, 4.2.2.1 and 4.2.1.13), `http:` or anything else; lists may be empty where it names what has none. */
export interface RevocationAddresses {
  readonly responders: readonly string[];
  readonly lists: readonly string[];
}

export interface Certificate {
  readonly x509: X509Certificate;
  /** Hex of the SHA-256 of the whole certificate. */
  readonly thumbprint: string;
  /** base64(sha256(SPKI DER)), as of every other key. */
  readonly keyId: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** DER of its subject, as a list of revoked certificates names its issuer. */
  readonly subjectName: Buffer;
  /** For messages. */
  readonly label: string;
  /** Throws a NotationError for subjects that Notation does not compare. */
  subject(): DistinguishedName;
  /** Positions of the bits that are set. */
  readonly keyUsage: (Extension & { readonly bits: readonly number[] }) | undefined;
  readonly extendedKeyUsage: (Extension & { readonly oids: readonly string[] }) | undefined;
  readonly basicConstraints: { readonly isCa: boolean; readonly pathLength: number | undefined } | undefined;
  /** Whom it names to be asked whether it is revoked; undefined where it names nobody. */
  readonly revocation: RevocationAddresses | undefined;
  /** Critical, and nothing that is read here. */
  readonly unknownCritical: readonly string[];
  /** Made with a hash that still counts. */
  readonly isSoundlySigned: boolean;
}

const KEY_USAGE = '2.5.29.15';
const ALTERNATIVE_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const CRL_DISTRIBUTION_POINTS = '2.5.29.31';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const AUTHORITY_INFORMATION = '1.3.6.1.5.5.7.1.1';
const OCSP = '1.3.6.1.5.5.7.48.1';
const KNOWN = new Set([KEY_USAGE, ALTERNATIVE_NAME, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, CRL_DISTRIBUTION_POINTS]);

/** SHA-2 with RSA (PKCS #1 and PSS) and ECDSA, and Ed25519. SHA-1 and MD5 are none of them, as in Go. */
const SOUND = new Set([
  ...['11', '12', '13', '10'].map((last) => `1.2.840.113549.1.1.${last}`),
  ...['2', '3', '4'].map((last) => `1.2.840.10045.4.3.${last}`),
  '1.3.101.112',
]);

/** Attribute types that have a short name (RFC 4519, and Go's crypto/x509/pkix, whose words Notation compares). */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.17': 'POSTALCODE',
};

/** From DER. Throws whatever the parsers throw on what is no certificate. */
export function readCertificate(der: Uint8Array): Certificate {
  const x509 = new X509Certificate(der);
  const whole = ASN1Obj.parseBuffer(Buffer.from(der));
  const [tbs, algorithm] = whole.subs;
  if (tbs === undefined || !Buffer.from(der).equals(x509.raw)) throw new Error('not one certificate');
  const extensions = readExtensions(tbs);
  const find = (oid: string) => extensions.find((extension) => extension.oid === oid);
  const usage = find(KEY_USAGE);
  const extended = find(EXTENDED_KEY_USAGE);
  const constraints = find(BASIC_CONSTRAINTS);
  return {
    x509,
    thumbprint: createHash('sha256').update(x509.raw).digest('hex'),
    keyId: keyIdOf(x509.publicKey),
    notBefore: x509.validFromDate,
    notAfter: x509.validToDate,
    subjectName: subjectOf(tbs),
    label: x509.subject.split('\n').join(', '),
    subject: () => readName(tbs),
    keyUsage: usage && { critical: usage.critical, bits: setBits(usage.value.subs[0]) },
    extendedKeyUsage: extended && {
      critical: extended.critical,
      oids: extended.value.subs[0]?.subs.map((oid) => oid.toOID()) ?? [],
    },
    basicConstraints: constraints && readConstraints(constraints.value.subs[0]),
    revocation: readRevocation(
      find(AUTHORITY_INFORMATION)?.value.subs[0],
      find(CRL_DISTRIBUTION_POINTS)?.value.subs[0],
    ),
    unknownCritical: extensions.filter(({ critical, oid }) => critical && !KNOWN.has(oid)).map(({ oid }) => oid),
    isSoundlySigned: SOUND.has(oidOf(algorithm)),
  };
}

/** Each once: two of one kind, and readers differ (RFC 5280, 4.2). */
function readExtensions(tbs: ASN1Obj): { oid: string; critical: boolean; value: ASN1Obj }[] {
  const list = tbs.subs.find(({ tag }) => tag.isContextSpecific(3))?.subs[0]?.subs ?? [];
  const extensions = list.map((extension) => {
    const value = extension.subs.at(-1);
    const flag = extension.subs.length === 3 ? extension.subs[1] : undefined;
    if (value === undefined) throw new Error('an extension without a value');
    return { oid: oidOf(extension), critical: flag?.toBoolean() ?? false, value };
  });
  if (new Set(extensions.map(({ oid }) => oid)).size !== extensions.length) throw new Error('an extension twice');
  return extensions;
}

function readRevocation(access: ASN1Obj | undefined, points: ASN1Obj | undefined): RevocationAddresses | undefined {
  const responders = access?.subs.filter((description) => oidOf(description) === OCSP) ?? [];
  if (responders.length === 0 && points === undefined) return undefined;
  const named = (points?.subs ?? []).flatMap(({ subs }) => subs.filter(({ tag }) => tag.isContextSpecific(0)));
  const full = named.flatMap(({ subs }) => subs.filter(({ tag }) => tag.isContextSpecific(0)));
  return {
    responders: responders.flatMap(({ subs }) => addressOf(subs[1])),
    lists: full.flatMap(({ subs }) => subs.flatMap(addressOf)),
  };
}

/** Of a GeneralName that is a URI. */
function addressOf(name: ASN1Obj | undefined): string[] {
  return name?.tag.isContextSpecific(6) === true ? [name.value.toString('latin1')] : [];
}

function setBits(bits: ASN1Obj | undefined): number[] {
  return [...(bits?.toBitString() ?? []).entries()].filter(([, bit]) => bit === 1).map(([position]) => position);
}

function readConstraints(sequence: ASN1Obj | undefined): NonNullable<Certificate['basicConstraints']> {
  const [first, second] = sequence?.subs ?? [];
  const isCa = first?.tag.isBoolean() === true && first.toBoolean();
  const length = first?.tag.isInteger() === true ? first : second;
  return { isCa, pathLength: length === undefined ? undefined : Number(length.toInteger()) };
}

/** The optional version comes first. */
const fieldOf = (tbs: ASN1Obj, position: number): ASN1Obj | undefined =>
  tbs.subs[(tbs.subs[0]?.tag.isContextSpecific(0) === true ? 1 : 0) + position];

function subjectOf(tbs: ASN1Obj): Buffer {
  const name = fieldOf(tbs, 4);
  if (name === undefined) throw new Error('no subject');
  return wholeElement(name);
}

function readName(tbs: ASN1Obj): DistinguishedName {
  const invalid = (why: string) => new NotationError('NAME_INVALID', `the subject of the certificate ${why}`);
  const attributes = (fieldOf(tbs, 4)?.subs ?? []).map((set): [string, string] => {
    const [attribute] = set.subs;
    if (set.subs.length !== 1 || attribute === undefined) throw invalid('has several attributes in one part');
    const oid = oidOf(attribute);
    const type = ATTRIBUTES[oid];
    if (type === undefined) throw invalid(`has an attribute that is not compared (${oid})`);
    return [type, textOf(attribute.subs[1])];
  });
  return distinguishedName(attributes, invalid);
}

const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;
const IA5_STRING = 0x16;

function textOf(value: ASN1Obj | undefined): string {
  const tag = value?.tag.toDER();
  if (value === undefined || (tag !== UTF8_STRING && tag !== PRINTABLE_STRING && tag !== IA5_STRING))
    throw new NotationError('NAME_INVALID', 'the subject of the certificate has text in an encoding that is not read');
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value.value);
}
