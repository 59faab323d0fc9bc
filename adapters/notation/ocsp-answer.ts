/** Asking an authority about one certificate: the Online Certificate Status Protocol (RFC 6960). */
import { createHash } from 'node:crypto';
import { ASN1Obj } from '@sigstore/core';
import { NotationError } from '../../domain/trust/notation/notation-error.ts';
import type { RevocationFile } from '../../domain/trust/notation/notation-verifier.ts';
import { type Certificate, extendedKeyUsages, readCertificate } from './certificate.ts';
import { isIssuedBy } from './certificate-chain.ts';
import { derElement, derTags, oidOf, wholeElement } from './der.ts';
import { extensionsOf, INVALIDITY_DATE, isSignedBits, serialOf, signatureHash } from './revocation-parts.ts';
import {
  type RevocationTimes,
  type RevocationWitness,
  type RevocationWord,
  standsFromBefore,
  untimely,
} from './revocation-state.ts';

/** Bytes: an answer is one status, and at most a few certificates. */
export const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_STATUSES = 64;
const MAX_CERTIFICATES = 8;

const BASIC = '1.3.6.1.5.5.7.48.1.1';
const { BIT_STRING, CONTEXT_0, ENUMERATED, INTEGER, OCTETS, SEQUENCE } = derTags;

const SHA256 = Buffer.from('300d06096086480165030402010500', 'hex');
/** How an answer may name the certificate it is about. It names, and proves nothing: what counts is who signed the answer. */
const HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** responseStatus, where there is no answer (section 4.2.1). */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'it does not understand the request',
  2: 'an error of its own',
  3: 'try later',
  5: 'it wants the request signed',
  6: 'it is not for us',
};

/** An unsigned request about one certificate, named by SHA-256 (section 4.1.1). */
export function ocspRequest(certificate: Certificate, issuer: Certificate): Buffer {
  const serial = Buffer.from(serialOf(certificate.x509.serialNumber).replace(/^(?=(?:..)*.$)/, '0'), 'hex');
  const number = derElement(INTEGER, (serial[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), serial]) : serial);
  const { name, key } = issuerHashes(issuer, 'sha256');
  const id = derElement(SEQUENCE, Buffer.concat([SHA256, derElement(OCTETS, name), derElement(OCTETS, key), number]));
  // Request, requestList, TBSRequest, OCSPRequest.
  return [1, 2, 3, 4].reduce((inner) => derElement(SEQUENCE, inner), id);
}

function issuerHashes({ subjectName, x509 }: Certificate, hash: string) {
  const spki = ASN1Obj.parseBuffer(x509.publicKey.export({ type: 'spki', format: 'der' }) as Buffer<ArrayBuffer>);
  const bits = spki.subs[1]?.value.subarray(1) ?? Buffer.alloc(0);
  return {
    name: createHash(hash).update(subjectName).digest(),
    key: createHash(hash).update(bits).digest(),
  };
}

interface Status {
  readonly hash: string | undefined;
  readonly name: Buffer;
  readonly key: Buffer;
  readonly serial: string;
  readonly state: 'good' | 'revoked' | 'unknown';
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  readonly invalidSince: Date | undefined;
  /** Holds something critical, and nothing that is read here. */
  readonly isUnclear: boolean;
}

/** From DER. Throws a NotationError that names the source, for what is no answer and for refusals. */
export function readOcspAnswer({ source, bytes }: RevocationFile): RevocationWitness {
  const unreadable = (why: string, cause?: unknown) =>
    new NotationError('REVOCATION_ANSWER_UNREADABLE', `${source}: ${why}`, { cause });
  if (bytes.length > MAX_ANSWER_BYTES) throw unreadable(`${bytes.length} bytes; at most ${MAX_ANSWER_BYTES} are read`);
  let parsed: RevocationWitness | { readonly refused: string };
  try {
    parsed = parseAnswer(source, Buffer.from(bytes));
  } catch (cause) {
    throw unreadable('expected an answer of OCSP (RFC 6960), in DER', cause);
  }
  if ('refused' in parsed) throw unreadable(`no answer: ${parsed.refused}`);
  return parsed;
}

function parseAnswer(source: string, der: Buffer<ArrayBuffer>): RevocationWitness | { readonly refused: string } {
  const whole = ASN1Obj.parseBuffer(der);
  const [outcome, held] = whole.subs;
  if (whole.tag.toDER() !== SEQUENCE || !wholeElement(whole).equals(der) || outcome?.tag.toDER() !== ENUMERATED)
    throw new Error('not one answer');
  const code = outcome.value.length === 1 ? (outcome.value[0] ?? -1) : -1;
  if (code !== 0) return { refused: REFUSALS[code] ?? `status ${code}, which is unknown` };
  const typed = held?.subs[0];
  const [, octets] = typed?.subs ?? [];
  // Tags that no signature covers.
  const isTyped = held?.tag.toDER() === CONTEXT_0 && typed?.tag.toDER() === SEQUENCE && octets?.tag.toDER() === OCTETS;
  if (octets === undefined || !isTyped || oidOf(typed) !== BASIC) throw new Error('an answer of another kind');
  const basic = ASN1Obj.parseBuffer(Buffer.from(octets.value));
  const [data, algorithm, signature, brought] = basic.subs;
  if (data === undefined || algorithm === undefined || signature?.tag.toDER() !== BIT_STRING)
    throw new Error('not a basic answer');
  if (basic.tag.toDER() !== SEQUENCE || !wholeElement(basic).equals(octets.value))
    throw new Error('more than an answer has');
  const certificates = brought?.subs[0]?.subs ?? [];
  const { statuses, isUnclear } = readData(data);
  if (certificates.length > MAX_CERTIFICATES) throw new Error('too many certificates');
  const hash = signatureHash(algorithm);
  const signed = wholeElement(data);
  const isBy = ({ x509 }: Certificate) => hash !== undefined && isSignedBits(signed, signature, hash, x509.publicKey);
  const delegates = certificates.map((certificate) => readCertificate(wholeElement(certificate)));
  return {
    source,
    about(certificate, issuer, times) {
      const status = statuses.find((each) => isAbout(each, certificate, issuer));
      if (status === undefined) return undefined;
      // Section 4.2.2.2: the issuer itself, or one it certified for this and nothing between.
      const isSpoken =
        isBy(issuer) || delegates.some((delegate) => mayAnswerFor(issuer, delegate, times.now) && isBy(delegate));
      if (!isSpoken) return { word: 'none', why: 'is signed neither by its issuer nor by one that may answer for it' };
      if (isUnclear) return { word: 'none', why: 'has what must be understood, and is not' };
      return said(status, times);
    },
  };
}

function readData(data: ASN1Obj): { readonly statuses: readonly Status[]; readonly isUnclear: boolean } {
  const rest = [...data.subs];
  // version [0], of which there is one; responderID is [1] or [2].
  if (rest[0]?.tag.isContextSpecific(0) === true) rest.shift();
  const [, , list, extensions, ...more] = rest;
  if (list?.tag.toDER() !== SEQUENCE || more.length > 0) throw new Error('no statuses');
  if (list.subs.length > MAX_STATUSES) throw new Error('too many statuses');
  return {
    statuses: list.subs.map(readStatus),
    isUnclear: extensionsOf(extensions?.subs[0]).some(({ isCritical }) => isCritical),
  };
}

function readStatus(single: ASN1Obj): Status {
  const [id, state, thisUpdate, ...others] = single.subs;
  const [algorithm, name, key, serial] = id?.subs ?? [];
  if (
    name === undefined ||
    key === undefined ||
    serial === undefined ||
    state === undefined ||
    thisUpdate === undefined
  )
    throw new Error('not a status');
  const next = others.find(({ tag }) => tag.isContextSpecific(0));
  const extensions = extensionsOf(others.find(({ tag }) => tag.isContextSpecific(1))?.subs[0]);
  const invalidity = extensions.find(({ oid }) => oid === INVALIDITY_DATE);
  return {
    hash: HASHES[oidOf(algorithm)],
    name: name.value,
    key: key.value,
    serial: serialOf(serial.value.toString('hex')),
    state: stateOf(state),
    thisUpdate: thisUpdate.toDate(),
    nextUpdate: next?.subs[0]?.toDate(),
    invalidSince: invalidity?.value?.subs[0]?.toDate(),
    isUnclear: extensions.some(({ oid, isCritical }) => isCritical && oid !== INVALIDITY_DATE),
  };
}

function stateOf({ tag }: ASN1Obj): Status['state'] {
  if (tag.isContextSpecific(0)) return 'good';
  if (tag.isContextSpecific(1)) return 'revoked';
  if (tag.isContextSpecific(2)) return 'unknown';
  throw new Error('not a status');
}

function isAbout({ hash, name, key, serial }: Status, { x509 }: Certificate, issuer: Certificate): boolean {
  if (hash === undefined || serial !== serialOf(x509.serialNumber)) return false;
  const expected = issuerHashes(issuer, hash);
  return expected.name.equals(name) && expected.key.equals(key);
}

function mayAnswerFor(issuer: Certificate, delegate: Certificate, now: Date): boolean {
  const { extendedKeyUsage, notBefore, notAfter, unknownCritical } = delegate;
  return (
    extendedKeyUsage?.oids.includes(extendedKeyUsages.ocspSigning) === true &&
    unknownCritical.length === 0 &&
    notBefore <= now &&
    now <= notAfter &&
    isIssuedBy(delegate, issuer)
  );
}

function said(status: Status, times: RevocationTimes): RevocationWord {
  if (status.isUnclear) return { word: 'none', why: 'has what must be understood, and is not' };
  if (status.state === 'unknown') return { word: 'none', why: 'does not know it' };
  // Whatever its age: what was revoked stays so.
  if (status.state === 'revoked' && !standsFromBefore(status.invalidSince, times)) return { word: 'revoked' };
  const why = untimely(status, times.now);
  return why === undefined ? { word: 'good' } : { word: 'none', why };
}
