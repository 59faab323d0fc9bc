/** Lists of revoked certificates (RFC 5280, section 5): complete ones, by the authority that issued the certificates themselves. */
import { ASN1Obj } from '@sigstore/core';
import { NotationError } from '../../domain/trust/notation/notation-error.ts';
import type { RevocationFile } from '../../domain/trust/notation/notation-verifier.ts';
import { type Certificate, keyUsageBits } from './certificate.ts';
import { derTags, wholeElement } from './der.ts';
import { extensionsOf, INVALIDITY_DATE, isSignedBits, serialOf, signatureHash } from './revocation-parts.ts';
import {
  type RevocationTimes,
  type RevocationWitness,
  type RevocationWord,
  standsFromBefore,
  untimely,
} from './revocation-state.ts';

/** Bytes of one list, a few hundred thousand certificates; the parser holds all of it. */
export const MAX_LIST_BYTES = 8 * 1024 * 1024;

const AUTHORITY_KEY = '2.5.29.35';
const CRL_NUMBER = '2.5.29.20';
const REASON = '2.5.29.21';

interface Entry {
  /** Since when what was signed is not believed, where the list says so. */
  readonly invalidSince: Date | undefined;
  /** Holds something critical, and nothing that is read here. */
  readonly isUnclear: boolean;
}

/** What a list consists of, as far as it is read. */
interface ReadList {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  /** A critical extension: it is a part of a list, or about others. */
  readonly isPartial: boolean;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** PEM or DER. Throws a NotationError that names the source. */
export function readRevocationList({ source, bytes }: RevocationFile): RevocationWitness {
  const unreadable = (why: string, cause?: unknown) =>
    new NotationError('REVOCATION_LIST_UNREADABLE', `${source}: ${why}`, { cause });
  if (bytes.length > MAX_LIST_BYTES) throw unreadable(`${bytes.length} bytes; at most ${MAX_LIST_BYTES} are read`);
  const text = Buffer.from(bytes).toString('latin1');
  const [, body] = /^\s*-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----\s*$/.exec(text) ?? [];
  try {
    return parseList(source, body === undefined ? Buffer.from(bytes) : Buffer.from(body, 'base64'));
  } catch (cause) {
    throw unreadable('expected one list of revoked certificates, in PEM ("-----BEGIN X509 CRL-----") or DER', cause);
  }
}

function parseList(source: string, der: Buffer<ArrayBuffer>): RevocationWitness {
  const whole = ASN1Obj.parseBuffer(der);
  const [tbs, algorithm, signature] = whole.subs;
  if (tbs === undefined || algorithm === undefined || signature === undefined || !wholeElement(whole).equals(der))
    throw new Error('not one list');
  // Tags that no signature covers.
  if (whole.tag.toDER() !== derTags.SEQUENCE || signature.tag.toDER() !== derTags.BIT_STRING)
    throw new Error('not a list');
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
  const hash = signatureHash(algorithm);
  const signed = wholeElement(tbs);
  const isBy = ({ x509, keyUsage, subjectName }: Certificate) =>
    hash !== undefined &&
    subjectName.equals(wholeElement(issuer)) &&
    (keyUsage === undefined || keyUsage.bits.includes(keyUsageBits.cRLSign)) &&
    isSignedBits(signed, signature, hash, x509.publicKey);
  const list: ReadList = {
    thisUpdate: thisUpdate.toDate(),
    nextUpdate: nextUpdate?.toDate(),
    isPartial: extensions.some(({ oid, isCritical }) => isCritical && !known.has(oid)),
    entries: new Map((revoked?.subs ?? []).map(readEntry)),
  };
  return {
    source,
    about: (certificate, by, times) =>
      isBy(by) ? said(list, serialOf(certificate.x509.serialNumber), times) : undefined,
  };
}

/** Whatever its age: what was revoked stays so. */
function said({ entries, isPartial, ...updates }: ReadList, serial: string, times: RevocationTimes): RevocationWord {
  const entry = entries.get(serial);
  if (isPartial || entry?.isUnclear === true) return { word: 'none', why: 'is a part of a list, or not understood' };
  if (entry !== undefined && !standsFromBefore(entry.invalidSince, times)) return { word: 'revoked' };
  const why = untimely(updates, times.now);
  return why === undefined ? { word: 'good' } : { word: 'none', why };
}

const isTime = ({ tag }: ASN1Obj) => tag.toDER() === derTags.UTC_TIME || tag.toDER() === derTags.GENERALIZED_TIME;

function readEntry(entry: ASN1Obj): [string, Entry] {
  const [serial, , extensions] = entry.subs;
  if (serial === undefined) throw new Error('an entry without a number');
  const found = extensionsOf(extensions);
  const invalidity = found.find(({ oid }) => oid === INVALIDITY_DATE);
  return [
    serialOf(serial.value.toString('hex')),
    {
      invalidSince: invalidity?.value?.subs[0]?.toDate(),
      isUnclear: found.some(({ oid, isCritical }) => isCritical && oid !== REASON && oid !== INVALIDITY_DATE),
    },
  ];
}
