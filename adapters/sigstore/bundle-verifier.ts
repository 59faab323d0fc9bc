import type { Bundle } from '@sigstore/bundle';
import type { TrustMaterial } from '@sigstore/verify';
import { digestHex } from '../../domain/artifact/digest.ts';
import type { SignedBytesBy } from '../../domain/trust/dual-signatures.ts';
import type {
  BundleVerification,
  BundleVerifier,
  SignerIdentity,
  TrustedKeys,
  VerificationProof,
} from '../../domain/trust/evidence.ts';
import { type DigestSet, inTotoPayloadType, isSubject } from '../../domain/trust/statement.ts';
import { type KeySignedStatement, readKeySignedStatement } from './key-signed-statement.ts';
import { certificateOf } from './leaf-certificate.ts';
import { isMessageDigest } from './message-digest.ts';
import { openBundle, type Rejection, reject } from './open-bundle.ts';
import { readSignedStatement } from './read-signed-statement.ts';
import { bytesSignedBy, createSignedContent, type SignedFile, signedBy } from './signed-content.ts';
import { trustRootDigest } from './trust-root-digest.ts';
import { tryKeys } from './try-keys.ts';
import { verifySignature } from './verify-signature.ts';

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
    const plain = trustRoot === undefined ? readKeySignedStatement(bytes) : undefined;
    if (plain !== undefined) {
      const signed = verifyWithKeys(plain, trusted);
      return signed.outcome === 'rejected' ? signed : judgeStatement(plain.payload, digests, signed);
    }
    const opened = await openBundle(bytes);
    if (opened.outcome === 'rejected') return opened;
    const { content } = opened.bundle;
    if (content.$case !== 'dsseEnvelope')
      return reject('BUNDLE_UNSUPPORTED', 'the bundle signs the bytes of a file, not a statement about an artifact');
    if (content.dsseEnvelope.payloadType !== inTotoPayloadType)
      return reject('STATEMENT_MALFORMED', `the payload is not of type ${inTotoPayloadType}`);
    const signed = await findSigner(opened.bundle, undefined, { trusted, trustRoot, thresholds });
    if (signed.outcome === 'rejected') return signed;
    return judgeStatement(content.dsseEnvelope.payload, digests, signed);
  };
  const verifyFile = async (
    bytes: Uint8Array,
    file: SignedFile,
    trusted: TrustedKeys,
  ): Promise<MessageVerification> => {
    const opened = await openBundle(bytes);
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
  const statement = readSignedStatement(payload);
  if ('outcome' in statement) return statement;
  if (!isSubject(statement, digests)) {
    const [algorithm, hex] = Object.entries(digests)[0] ?? ['', ''];
    return reject('SUBJECT_MISMATCH', `the statement is about another artifact, not ${algorithm}:${hex}`);
  }
  return { ...signed, statement };
}

function verifyWithKeys({ hint, signed, signature }: KeySignedStatement, trusted: TrustedKeys): MessageVerification {
  return tryKeys(trusted, hint, ({ keyId, publicKey, schemes }) =>
    verifySignature(signed, publicKey, signature, schemes)
      ? { outcome: 'verified', identity: { kind: 'key', keyId }, signed: bytesSignedBy(publicKey, signed) }
      : BROKEN,
  );
}

interface Trust {
  readonly trusted: TrustedKeys;
  readonly trustRoot: TrustMaterial | undefined;
  readonly thresholds: Thresholds;
}

/** The library takes as long to load as all that a key needs. */
let library: Promise<typeof import('./verify-entity.ts')> | undefined;

async function findSigner(
  bundle: Bundle,
  artifact: SignedFile | undefined,
  { trusted, trustRoot, thresholds }: Trust,
): Promise<MessageVerification> {
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
  library ??= import('./verify-entity.ts');
  const { readEntity, verifyWithCertificate, verifyWithKey } = await library;
  const entity = readEntity(bundle, artifact);
  if ('outcome' in entity) return entity;
  return certificate === undefined
    ? tryKeys(trusted, hint, (key) => verifyWithKey(entity, key, trustRoot))
    : verifyWithCertificate(entity, certificate, trustRoot, thresholds);
}

const BROKEN = reject('SIGNATURE_INVALID', 'the signature is not of these bytes by this signer');
