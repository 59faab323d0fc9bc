/** Lists of revoked certificates (RFC 5280, section 5): complete ones, by the authority that issued the certificates themselves. */
import { type KeyObject, verify } from 'node:crypto';
import { ASN1Obj } from '@sigstore/core';
import { NotationError } from '../../domain/trust/notation/notation-error.ts';
import type { RevocationListFile } from '../../domain/trust/notation/notation-verifier.ts';
import { type Certificate, keyUsageBits } from './certificate.ts';
import { oidOf, wholeElement } from './der.ts';

/** Bytes of one list, a few hundred thousand certificates; the parser holds all of it. */
const MAX_BYTES = 8 * 1024 * 1024;

const AUTHORITY_KEY = '2.5.29.35';
const CRL_NUMBER = '2.5.29.20';
const REASON = '2.5.29.21';
const INVALIDITY_DATE = '2.5.29.24';

/** What signs lists: hash by signature algorithm (RFC 4055, 5758, 8410). */
const ALGORITHMS: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

interface Entry {
  /** Since when what was signed is not believed, where the list says so. */
  readonly invalidSince: Date | undefined;
  /** Holds something critical, and nothing that is read here. */
  readonly isUnclear: boolean;
}

export interface RevocationList {
  readonly source: string;
  readonly thisUpdate: Date;
  /** Undefined where it does not say when the next one comes: then nobody knows whether it is the newest. */
  readonly nextUpdate: Date | undefined;
  /** A critical extension: it is a part of a list, or about others. */
  readonly isPartial: boolean;
  readonly entries: ReadonlyMap<string, Entry>;
  /** Whether the issuer of that name signed it, with a key that may sign lists. */
  isBy(issuer: Certificate): boolean;
}

/** PEM or DER. Throws a NotationError that names the source. */
export function readRevocationList({ source, bytes }: RevocationListFile): RevocationList {
  const unreadable = (why: string, cause?: unknown) =>
    new NotationError('REVOCATION_LIST_UNREADABLE', `${source}: ${why}`, { cause });
  if (bytes.length > MAX_BYTES) throw unreadable(`${bytes.length} bytes; at most ${MAX_BYTES} are read`);
  const text = Buffer.from(bytes).toString('latin1');
  const [, body] = /^\s*-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----\s*$/.exec(text) ?? [];
  try {
    return parseList(source, body === undefined ? Buffer.from(bytes) : Buffer.from(body, 'base64'));
  } catch (cause) {
    throw unreadable('expected one list of revoked certificates, in PEM ("-----BEGIN X509 CRL-----") or DER', cause);
  }
}

function parseList(source: string, der: Buffer<ArrayBuffer>): RevocationList {
  const whole = ASN1Obj.parseBuffer(der);
  const [tbs, algorithm, signature] = whole.subs;
  if (tbs === undefined || algorithm === undefined || signature === undefined || !wholeElement(whole).equals(der))
    throw new Error('not one list');
  // Tags that no signature covers.
  if (whole.tag.toDER() !== SEQUENCE || signature.tag.toDER() !== BIT_STRING) throw new Error('not a list');
  const rest = [...tbs.subs];
  if (rest[0]?.tag.isInteger() === true) rest.shift();
  const [inner, issuer, thisUpdate, ...others] = rest;
  if (inner === undefined || issuer === undefined || thisUpdate === undefined) throw new Error('not a list');
  if (!wholeElement(inner).equals(wholeElement(algorithm))) throw new Error('two signature algorithms');
  const nextUpdate = others[0] !== undefined && isTime(others[0]) ? others.shift() : undefined;
  const revoked = others[0]?.tag.isContextSpecific(0) === false ? others.shift() : undefined;
  const extensions = extensionsOf(others.shift()?.subs[0]);
  if (others.length > 0) throw new Error('more than a list has');
  const known = new Set([AUTHORITY_KEY, CRL_NUMBER]);
  const hash = ALGORITHMS[oidOf(algorithm)];
  const signed = wholeElement(tbs);
  return {
    source,
    thisUpdate: thisUpdate.toDate(),
    nextUpdate: nextUpdate?.toDate(),
    isPartial: extensions.some(({ oid, isCritical }) => isCritical && !known.has(oid)),
    entries: new Map((revoked?.subs ?? []).map(readEntry)),
    isBy: ({ x509, keyUsage, subjectName }) =>
      hash !== undefined &&
      subjectName.equals(wholeElement(issuer)) &&
      (keyUsage === undefined || keyUsage.bits.includes(keyUsageBits.cRLSign)) &&
      isSigned(signed, signature, hash, x509.publicKey),
  };
}

const BIT_STRING = 0x03;
const SEQUENCE = 0x30;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const isTime = ({ tag }: ASN1Obj) => tag.toDER() === UTC_TIME || tag.toDER() === GENERALIZED_TIME;

function isSigned(signed: Buffer, { value }: ASN1Obj, hash: string | null, key: KeyObject): boolean {
  // A bit string of whole bytes.
  if (value[0] !== 0) return false;
  try {
    return verify(hash, signed, key, value.subarray(1));
  } catch {
    return false;
  }
}

function readEntry(entry: ASN1Obj): [string, Entry] {
  const [serial, , extensions] = entry.subs;
  if (serial === undefined) throw new Error('an entry without a number');
  const found = extensionsOf(extensions);
  const invalidity = found.find(({ oid }) => oid === INVALIDITY_DATE);
  return [
    serialOf(serial.value),
    {
      invalidSince: invalidity?.value?.subs[0]?.toDate(),
      isUnclear: found.some(({ oid, isCritical }) => isCritical && oid !== REASON && oid !== INVALIDITY_DATE),
    },
  ];
}

function extensionsOf(list: ASN1Obj | undefined) {
  return (list?.subs ?? []).map((extension) => ({
    oid: oidOf(extension),
    isCritical: extension.subs.length === 3 && extension.subs[1]?.toBoolean() === true,
    value: extension.subs.at(-1),
  }));
}

/** In hex, without zeros before it: as Node writes that of a certificate, in small letters. */
function serialOf(value: Uint8Array): string {
  return Buffer.from(value)
    .toString('hex')
    .replace(/^0+(?=.)/, '');
}

/** `by`: the list that says so. */
export type RevocationState =
  | { readonly state: 'good' }
  | { readonly state: 'revoked'; readonly by: string }
  | { readonly state: 'unknown'; readonly why: string };

/**
 * What the lists say of a certificate: by its own issuer, whole, and not overtaken at `now`. `signedAt` is when it signed, where that
 * is proven: of a certificate that is not believed since later, what it signed before stands.
 */
export function revocationState(
  certificate: Certificate,
  issuer: Certificate,
  lists: readonly RevocationList[],
  { now, signedAt }: { readonly now: Date; readonly signedAt: Date | undefined },
): RevocationState {
  const serial = serialOf(Buffer.from(certificate.x509.serialNumber.padStart(64, '0'), 'hex'));
  let why = 'no list by its issuer is given';
  let isGood = false;
  for (const list of lists) {
    if (!list.isBy(issuer)) continue;
    const entry = list.entries.get(serial);
    // Whatever its age: what was revoked stays so.
    if (entry !== undefined && !entry.isUnclear && !list.isPartial) {
      const stands = signedAt !== undefined && entry.invalidSince !== undefined && signedAt < entry.invalidSince;
      if (!stands) return { state: 'revoked', by: list.source };
    }
    if (list.isPartial || entry?.isUnclear === true) why = `${list.source} is a part of a list, or not understood`;
    else if (list.thisUpdate > now)
      why = `${list.source} is from ${list.thisUpdate.toISOString()}, which is still to come`;
    else if (list.nextUpdate === undefined || list.nextUpdate < now)
      why = `${list.source} was to be followed by another one ${list.nextUpdate?.toISOString() ?? 'at a time it does not say'}`;
    else isGood = true;
  }
  return isGood ? { state: 'good' } : { state: 'unknown', why };
}
