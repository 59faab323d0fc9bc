/** Timestamps of RFC 3161 as Notation carries them: the token alone (CMS SignedData, RFC 5652), of any authority whose root is trusted. */
import { constants, createHash, type KeyObject, verify } from 'node:crypto';
import { ASN1Obj } from '@sigstore/core';
import { type Certificate, readCertificate } from './certificate.ts';
import { chainProblem, isIssuedBy, isSelfSigned } from './certificate-chain.ts';
import { derElement, derTags, oidOf, wholeElement } from './der.ts';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
/** RFC 5035: the hash of the certificate that signs, so that no other can take its place. */
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
/** ETSI EN 319 422: without an accuracy, within a second. */
const BASELINE_POLICY = '0.4.0.2023.1.1';
const RSA_PSS = '1.2.840.113549.1.1.10';
/** Certificates a token may bring, and a chain may have. */
const MAX_CERTIFICATES = 16;

const hashes: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** When the signature existed: `at`, give or take `accuracy` milliseconds. */
export type TimestampReading =
  | {
      readonly outcome: 'verified';
      readonly at: Date;
      readonly accuracy: number;
      readonly chain: readonly Certificate[];
    }
  | { readonly outcome: 'rejected'; readonly reason: string };

/** Whether `token` is a timestamp over `signature` by an authority below one of `roots`. What is wrong with it is the result. */
export function verifyTimestampToken(
  token: Uint8Array,
  signature: Uint8Array,
  roots: readonly Certificate[],
): TimestampReading {
  try {
    return verifyToken(ASN1Obj.parseBuffer(Buffer.from(token)), signature, roots);
  } catch {
    return rejected('it is no token of RFC 3161');
  }
}

function verifyToken(root: ASN1Obj, signature: Uint8Array, roots: readonly Certificate[]): TimestampReading {
  const content = root.subs[1]?.subs[0];
  if (oidOf(root) !== SIGNED_DATA || content === undefined) return rejected('it is no signed data');
  const encapsulated = content.subs[2];
  const info = encapsulated?.subs[1]?.subs[0];
  const signers = content.subs.at(-1)?.subs ?? [];
  const [signer] = signers;
  if (oidOf(encapsulated) !== TST_INFO || info === undefined) return rejected('what it signs is no timestamp');
  // RFC 3161, 2.4.2: the one signature is that of the authority.
  if (signers.length !== 1 || signer === undefined) return rejected(`it has ${signers.length} signatures, not one`);
  const stamp = readInfo(ASN1Obj.parseBuffer(Buffer.from(info.value)));
  const imprint = createHash(stamp.hash).update(signature).digest();
  if (!imprint.equals(stamp.imprint)) return rejected('it is over another signature');
  const set = content.subs.find(({ tag }) => tag.isContextSpecific(0))?.subs ?? [];
  if (set.length > MAX_CERTIFICATES) return rejected(`it brings ${set.length} certificates`);
  const certificates = set.map((certificate) => readCertificate(wholeElement(certificate)));
  const leaf = findSigner(signer, certificates);
  if (leaf === undefined) return rejected('the certificate it names is not in it');
  if (!isSigned(signer, info.value, leaf.x509.publicKey)) return rejected('its own signature is not valid');
  const chain = buildChain(leaf, certificates, roots);
  if (chain === undefined) return rejected('its authority has no chain to a root that is trusted for timestamps');
  const problem = chainProblem(chain, 'timestamping');
  if (problem !== undefined) return rejected(`of the chain of its authority ${problem}`);
  const outside = chain.find(({ notBefore, notAfter }) => stamp.at < notBefore || stamp.at > notAfter);
  if (outside !== undefined) return rejected(`the certificate of its authority (${outside.label}) was not valid then`);
  return { outcome: 'verified', at: stamp.at, accuracy: stamp.accuracy, chain };
}

interface Stamp {
  readonly hash: string;
  readonly imprint: Buffer;
  readonly at: Date;
  /** Milliseconds. */
  readonly accuracy: number;
}

/** TSTInfo (RFC 3161, 2.4.2). */
function readInfo(info: ASN1Obj): Stamp {
  const [version, policy, imprint, serial, time, ...rest] = info.subs;
  const hash = hashes[oidOf(imprint?.subs[0])];
  const digest = imprint?.subs[1]?.value;
  if (version?.toInteger() !== 1n || serial === undefined || hash === undefined || digest === undefined)
    throw new Error('no timestamp');
  const [, whole = '', fraction = '0'] = /^(\d{14})(?:\.(\d+))?Z$/.exec(time?.value.toString('ascii') ?? '') ?? [];
  const parts = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(whole)?.slice(1).map(Number) ?? [];
  const [year = Number.NaN, month = 1, ...others] = parts;
  const at = new Date(Date.UTC(year, month - 1, ...others) + Number(`0.${fraction}`) * 1000);
  if (Number.isNaN(at.getTime())) throw new Error('no time');
  const [accuracy] = rest;
  const stated = accuracy?.tag.toDER() === derTags.SEQUENCE ? readAccuracy(accuracy) : 0;
  return { hash, imprint: digest, at, accuracy: stated === 0 && policy?.toOID() === BASELINE_POLICY ? 1000 : stated };
}

function readAccuracy({ subs }: ASN1Obj): number {
  const number = (element: ASN1Obj | undefined) =>
    element === undefined ? 0 : Number(BigInt(`0x${element.value.toString('hex') || '0'}`));
  const seconds = subs.find(({ tag }) => tag.isInteger());
  const milliseconds = subs.find(({ tag }) => tag.isContextSpecific(0));
  const microseconds = subs.find(({ tag }) => tag.isContextSpecific(1));
  return number(seconds) * 1000 + number(milliseconds) + number(microseconds) / 1000;
}

/** SignedAttributes of a SignerInfo (RFC 5652, 5.3). */
function attributeOf(signer: ASN1Obj, oid: string): ASN1Obj | undefined {
  const found = signedAttributes(signer).subs.filter((attribute) => oidOf(attribute) === oid);
  // RFC 5652, 11: each once, with one value.
  return found.length === 1 && found[0]?.subs[1]?.subs.length === 1 ? found[0].subs[1].subs[0] : undefined;
}

function signedAttributes(signer: ASN1Obj): ASN1Obj {
  const found = signer.subs[3];
  if (found?.tag.isContextSpecific(0) !== true) throw new Error('nothing that is signed');
  return found;
}

/** The certificate whose hash the authority signed. */
function findSigner(signer: ASN1Obj, certificates: readonly Certificate[]): Certificate | undefined {
  const named = attributeOf(signer, SIGNING_CERTIFICATE_V2)?.subs[0]?.subs[0];
  const isNamed = named?.subs[0]?.tag.isOctetString() === false;
  const hash = isNamed ? hashes[oidOf(named.subs[0])] : 'sha256';
  const digest = named?.subs[isNamed ? 1 : 0]?.value;
  if (hash === undefined || digest === undefined) return undefined;
  return certificates.find(({ x509 }) => createHash(hash).update(x509.raw).digest().equals(digest));
}

function isSigned(signer: ASN1Obj, info: Uint8Array, key: KeyObject): boolean {
  const hash = hashes[oidOf(signer.subs[2])];
  const signature = signer.subs[5]?.value;
  const algorithm = oidOf(signer.subs[4]);
  if (hash === undefined || signature === undefined) return false;
  if (attributeOf(signer, CONTENT_TYPE)?.toOID() !== TST_INFO) return false;
  const digest = attributeOf(signer, MESSAGE_DIGEST)?.value;
  if (digest === undefined || !createHash(hash).update(info).digest().equals(digest)) return false;
  // Signed as the set they are, not under the tag they are carried with (RFC 5652, 5.4).
  const signed = derElement(derTags.SET, signedAttributes(signer).value);
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
  return verify(hash, signed, algorithm === RSA_PSS ? pss : key, signature);
}

/** From the signer up to a trusted root; undefined where none is reached. */
function buildChain(
  leaf: Certificate,
  brought: readonly Certificate[],
  roots: readonly Certificate[],
): Certificate[] | undefined {
  const chain = [leaf];
  for (let at: Certificate | undefined = leaf; at !== undefined && chain.length <= MAX_CERTIFICATES; ) {
    const current: Certificate = at;
    const anchor = roots.find((root) => root.thumbprint === current.thumbprint || isIssuedBy(current, root));
    if (anchor !== undefined) return anchor.thumbprint === current.thumbprint ? chain : [...chain, anchor];
    at = brought.find(
      (candidate) => !chain.includes(candidate) && !isSelfSigned(candidate) && isIssuedBy(current, candidate),
    );
    if (at !== undefined) chain.push(at);
  }
  return undefined;
}

function rejected(reason: string): TimestampReading {
  return { outcome: 'rejected', reason };
}
