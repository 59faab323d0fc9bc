import type { KeyObject } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import { type SignedEntity, type TrustMaterial, toSignedEntity, VerificationError, Verifier } from '@sigstore/verify';
import { digestHex } from '../../domain/artifact/digest.ts';
import type { SignedBytesBy } from '../../domain/trust/dual-signatures.ts';
import type {
  BundleVerification,
  BundleVerifier,
  SignerIdentity,
  TrustedKeys,
  VerificationProof,
} from '../../domain/trust/evidence.ts';
import {
  type DigestSet,
  inTotoPayloadType,
  isSubject,
  type Statement,
  statementSchema,
} from '../../domain/trust/statement.ts';
import { checkLogEntry } from './check-log-entry.ts';
import { explainRejection } from './explain-rejection.ts';
import { keyIdOf, parsePublicKey } from './key-id.ts';
import { certificateOf, checkLeaf, describeLeaf, otherNameOf } from './leaf-certificate.ts';
import { isMessageDigest } from './message-digest.ts';
import { openBundle, type Rejection, readJson, reject } from './open-bundle.ts';
import { rememberEncoding } from './remember-encoding.ts';
import { createSignedContent, type SignedFile, signedDigest } from './signed-content.ts';
import { trustRootDigest } from './trust-root.ts';
import { describeProof } from './verification-proof.ts';
import { schemesOf } from './verify-signature.ts';

interface Signed {
  readonly outcome: 'verified';
  readonly identity: SignerIdentity;
  readonly signed: SignedBytesBy;
  readonly proof?: VerificationProof;
}

/** The signature over a file's bytes themselves, as `cosign sign-blob` makes it. */
export type MessageVerification = Signed | Rejection;

/** The domain's verifier, and its counterpart for signatures over bare files. */
export interface SigstoreVerifier extends BundleVerifier {
  /** As `verify`, about a thing known by other digests too: npm's statements name a tarball by its SHA-512. */
  verifyDigests(bundle: Uint8Array, digests: DigestSet, trusted: TrustedKeys): Promise<BundleVerification>;
  verifyMessage(bundle: Uint8Array, artifact: Uint8Array, trusted: TrustedKeys): Promise<MessageVerification>;
  /** The same where only the SHA-256 of the file is at hand: for signatures of ECDSA P-256 keys, which are nearly all there are. */
  verifyMessageDigest(bundle: Uint8Array, sha256: Uint8Array, trusted: TrustedKeys): Promise<MessageVerification>;
}

/** How many proofs of each kind a certificate needs. Without a number: one, where the trusted root can check that kind at all. */
export interface Thresholds {
  readonly logEntries?: number | undefined;
  readonly timestamps?: number | undefined;
  readonly certificateLogs?: number | undefined;
}

/**
 * Verifies offline. Without `trustRoot` only trusted keys count, log entries and timestamps in a bundle are not looked at, and
 * certificates are BUNDLE_UNSUPPORTED. With it, log entries and timestamps must verify wherever they are present, and
 * certificates need a proof of time.
 * Throws a KeyError where a *trusted* key is no public key: that is our configuration, not the bundle.
 */
export function createBundleVerifier(trustRoot?: TrustMaterial, thresholds: Thresholds = {}): SigstoreVerifier {
  const verifyDigests: SigstoreVerifier['verifyDigests'] = async (bytes, digests, trusted) => {
    const opened = openBundle(bytes);
    if (opened.outcome === 'rejected') return opened;
    const { content } = opened.bundle;
    if (content.$case !== 'dsseEnvelope')
      return reject('BUNDLE_UNSUPPORTED', 'the bundle signs the bytes of a file, not a statement about an artifact');
    if (content.dsseEnvelope.payloadType !== inTotoPayloadType)
      return reject('STATEMENT_MALFORMED', `the payload is not of type ${inTotoPayloadType}`);
    const signed = findSigner(opened.bundle, undefined, { trusted, trustRoot, thresholds });
    if (signed.outcome === 'rejected') return signed;
    return judgeStatement(content.dsseEnvelope.payload, digests, signed);
  };
  const verifyFile = (bytes: Uint8Array, file: SignedFile, trusted: TrustedKeys): MessageVerification => {
    const opened = openBundle(bytes);
    if (opened.outcome === 'rejected') return opened;
    const { content } = opened.bundle;
    if (content.$case !== 'messageSignature')
      return reject('BUNDLE_UNSUPPORTED', 'the bundle carries a statement, not a signature over the bytes of a file');
    if (!isMessageDigest(content.messageSignature.messageDigest, file))
      return reject('SUBJECT_MISMATCH', 'the bundle was made for other bytes: its digest is not that of the file');
    return findSigner(opened.bundle, file, { trusted, trustRoot, thresholds });
  };
  return {
    verify: (bytes, subject, trusted) => verifyDigests(bytes, { sha256: digestHex(subject) }, trusted),
    trust: () => (trustRoot === undefined ? '' : trustRootDigest(trustRoot)),
    verifyDigests,
    verifyMessage: async (bytes, artifact, trusted) => verifyFile(bytes, { bytes: artifact }, trusted),
    verifyMessageDigest: async (bytes, digest, trusted) => {
      const { verifyDigestSignature } = await import('./verify-digest-signature.ts');
      return verifyFile(bytes, { sha256: digest, verify: verifyDigestSignature }, trusted);
    },
  };
}

function judgeStatement(payload: Uint8Array, digests: DigestSet, signed: Signed): BundleVerification {
  const json = readJson(payload);
  if (json?.ambiguity !== undefined)
    return reject('STATEMENT_MALFORMED', `two readers may not read the same from the statement: ${json.ambiguity}`);
  const parsed = statementSchema.safeParse(json?.value);
  if (!parsed.success) return reject('STATEMENT_MALFORMED', 'the signed payload is not an in-toto statement');
  const statement: Statement = parsed.data;
  if (!isSubject(statement, digests)) {
    const [algorithm, hex] = Object.entries(digests)[0] ?? ['', ''];
    return reject('SUBJECT_MISMATCH', `the statement is about another artifact, not ${algorithm}:${hex}`);
  }
  return { ...signed, statement };
}

interface Trust {
  readonly trusted: TrustedKeys;
  readonly trustRoot: TrustMaterial | undefined;
  readonly thresholds: Thresholds;
}

function findSigner(bundle: Bundle, artifact: SignedFile | undefined, trust: Trust): MessageVerification {
  const { trustRoot, thresholds, trusted } = trust;
  const { content } = bundle.verificationMaterial;
  const hint = content.$case === 'publicKey' ? content.publicKey.hint : undefined;
  const certificate = certificateOf(bundle);
  if (trustRoot === undefined) {
    if (certificate !== undefined)
      return reject('BUNDLE_UNSUPPORTED', 'signed with a certificate: verifying it takes a trusted root');
    // Log entries and timestamps prove time, not identity: with nothing to check them with, leaving them out accepts nothing more.
    const signed = createSignedContent(bundle, artifact);
    return tryKeys(trusted, hint, ({ keyId, publicKey }) =>
      signed.verifySignature(publicKey)
        ? { outcome: 'verified', identity: { kind: 'key', keyId }, signed: signedBy(publicKey, signed) }
        : BROKEN,
    );
  }
  const entity = readEntity(bundle, artifact);
  if ('outcome' in entity) return entity;
  return certificate === undefined
    ? tryKeys(trusted, hint, (key) => verifyWithKey(entity, key, trustRoot))
    : verifyWithCertificate(entity, certificate, trustRoot, thresholds);
}

function readEntity(bundle: Bundle, artifact: SignedFile | undefined): SignedEntity | Rejection {
  try {
    // The library's own content is replaced: it hashes with SHA-256 under every key.
    const entity = toSignedEntity(bundle, Buffer.alloc(0));
    if (entity.key.$case === 'certificate') rememberEncoding(entity.key.certificate);
    return { ...entity, signature: createSignedContent(bundle, artifact) };
  } catch {
    return reject('BUNDLE_MALFORMED', 'a certificate or timestamp in the bundle cannot be read');
  }
}

/** The key the hint names, else (hints are advice, and unsigned) each trusted key in turn. */
function tryKeys(
  trusted: TrustedKeys,
  hint: string | undefined,
  verify: (key: ReadKey) => MessageVerification,
): MessageVerification {
  const keys = readTrustedKeys(trusted);
  if (keys.length === 0)
    return reject('KEYRING_EMPTY', 'the bundle is signed with a key, and no key is trusted here: name one');
  const named = keys.filter(({ keyId }) => keyId === hint);
  for (const key of named.length > 0 ? named : keys) {
    if (schemesOf(key.publicKey) === undefined)
      return reject(
        'ALGORITHM_UNSUPPORTED',
        `the trusted key ${key.keyId} is of a kind or size whose signatures do not count`,
      );
    const result = verify(key);
    if (result.outcome === 'verified' || named.length > 0 || result.code !== 'SIGNATURE_INVALID') return result;
  }
  return reject('SIGNER_UNKNOWN', `none of the ${keys.length} trusted keys made the signature`);
}

const BROKEN = reject('SIGNATURE_INVALID', 'the signature is not of these bytes by this signer');

/** Log entries and timestamps must verify where they are present. */
function verifyWithKey(
  entity: SignedEntity,
  { keyId, publicKey }: ReadKey,
  trustRoot: TrustMaterial,
): MessageVerification {
  const failure = runVerifier(
    entity,
    { ...trustRoot, publicKey: () => ({ publicKey, validFor: () => true }) },
    { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
  );
  if (failure !== undefined) return failure;
  return (
    checkEntries(entity, { certificate: undefined, publicKey }) ?? {
      outcome: 'verified',
      identity: { kind: 'key', keyId },
      signed: signedBy(publicKey, entity.signature),
      ...describeProof(entity, trustRoot),
    }
  );
}

function verifyWithCertificate(
  entity: SignedEntity,
  certificate: Buffer,
  trustRoot: TrustMaterial,
  thresholds: Thresholds,
): MessageVerification {
  if (entity.key.$case !== 'certificate') return reject('BUNDLE_MALFORMED', 'the bundle has no certificate');
  const leaf = entity.key.certificate;
  const unfit = readSafely(() => checkLeaf(leaf));
  if (unfit !== undefined) return unfit;
  let signer: { readonly identity: SignerIdentity | undefined; readonly key: KeyObject } | undefined;
  const failure = runVerifier(
    entity,
    trustRoot,
    {
      // A root without logs of a kind cannot ask for their entries; the proof of time is never waived.
      tlogThreshold: thresholds.logEntries ?? (trustRoot.tlogs.length > 0 ? 1 : 0),
      ctlogThreshold: thresholds.certificateLogs ?? (trustRoot.ctlogs.length > 0 ? 1 : 0),
      timestampThreshold: Math.max(1, thresholds.timestamps ?? 1),
    },
    (found) => {
      signer = found;
    },
  );
  if (failure !== undefined) return failure;
  if (signer?.identity === undefined)
    return reject('CERTIFICATE_INVALID', 'the certificate names no subject or no issuer');
  if (schemesOf(signer.key) === undefined)
    return reject(
      'ALGORITHM_UNSUPPORTED',
      'the key of the certificate is of a kind or size whose signatures do not count',
    );
  const problem = checkEntries(entity, { certificate, publicKey: signer.key });
  if (problem !== undefined) return problem;
  return {
    outcome: 'verified',
    identity: signer.identity,
    signed: signedBy(signer.key, entity.signature),
    proof: { times: [], logs: [], ...describeProof(entity, trustRoot).proof, certificate: describeLeaf(leaf) },
  };
}

function signedBy(key: KeyObject, signature: SignedEntity['signature']): SignedBytesBy {
  return {
    algorithm: key.asymmetricKeyType === 'ml-dsa-65' ? 'post-quantum' : 'classical',
    digest: signedDigest(signature),
  };
}

function checkEntries(entity: SignedEntity, signer: Parameters<typeof checkLogEntry>[1]): Rejection | undefined {
  for (const entry of entity.tlogEntries) {
    const problem = readSafely(() => checkLogEntry(entry, signer));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Anything thrown is the parser of a certificate, timestamp or log entry on bytes it did not expect. */
function readSafely(read: () => Rejection | undefined): Rejection | undefined {
  try {
    return read();
  } catch {
    return reject('BUNDLE_MALFORMED', 'a certificate, timestamp or log entry in the bundle cannot be read');
  }
}

function runVerifier(
  entity: SignedEntity,
  material: TrustMaterial,
  thresholds: { tlogThreshold: number; ctlogThreshold: number; timestampThreshold: number },
  onSigner?: (signer: { identity: SignerIdentity | undefined; key: KeyObject }) => void,
): Rejection | undefined {
  return readSafely(() => {
    try {
      const { identity, key } = new Verifier(material, thresholds).verify(entity);
      const subject = identity?.subjectAlternativeName ?? otherNameOf(entity);
      const issuer = identity?.extensions?.issuer;
      const isNamed = subject !== undefined && issuer !== undefined;
      onSigner?.({ identity: isNamed ? { kind: 'certificate', subject, issuer } : undefined, key });
      return undefined;
    } catch (error) {
      if (error instanceof VerificationError) return explainRejection(error, entity, material);
      throw error;
    }
  });
}

interface ReadKey {
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

/** Parsed once per set of keys: a policy's set serves thousands of verifications. */
const readKeys = new WeakMap<TrustedKeys, readonly ReadKey[]>();

function readTrustedKeys(trusted: TrustedKeys): readonly ReadKey[] {
  const known = readKeys.get(trusted);
  if (known !== undefined) return known;
  const keys = trusted.keys.map((pem, index) => {
    const publicKey = parsePublicKey(pem, `trusted key ${index + 1}`);
    return { keyId: keyIdOf(publicKey), publicKey };
  });
  readKeys.set(trusted, keys);
  return keys;
}
