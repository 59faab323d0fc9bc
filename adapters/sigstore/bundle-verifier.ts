import { createHash, type KeyObject } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import { type TrustMaterial, toSignedEntity, VerificationError, Verifier } from '@sigstore/verify';
import type { Digest } from '../../domain/artifact/digest.ts';
import type {
  BundleVerification,
  BundleVerifier,
  RejectionCode,
  SignerIdentity,
  TrustedKeys,
} from '../../domain/trust/evidence.ts';
import { inTotoPayloadType, type Statement, statementSchema, subjectDigests } from '../../domain/trust/statement.ts';
import { keyIdOf, parsePublicKey } from './key-id.ts';
import { openBundle, parseJson, type Rejection, reject } from './open-bundle.ts';

/** The signature over a file's bytes themselves, as `cosign sign-blob` makes it. */
export type MessageVerification = { readonly outcome: 'verified'; readonly identity: SignerIdentity } | Rejection;

/** The domain's verifier, and its counterpart for signatures over bare files. */
export interface SigstoreVerifier extends BundleVerifier {
  verifyMessage(bundle: Uint8Array, artifact: Uint8Array, trusted: TrustedKeys): Promise<MessageVerification>;
}

/**
 * Verifies offline. Without `trustRoot` only trusted keys count, log entries and timestamps in a bundle are not looked at, and
 * certificates are BUNDLE_UNSUPPORTED. With it, log entries and timestamps must verify wherever they are present, and
 * certificates need a proof of time.
 * Throws a KeyError where a *trusted* key is no public key: that is our configuration, not the bundle.
 */
export function createBundleVerifier(trustRoot?: TrustMaterial): SigstoreVerifier {
  return {
    verify: async (bytes, subject, trusted) => {
      const opened = openBundle(bytes);
      if (opened.outcome === 'rejected') return opened;
      const { content } = opened.bundle;
      if (content.$case !== 'dsseEnvelope')
        return reject('BUNDLE_UNSUPPORTED', 'the bundle signs the bytes of a file, not a statement about an artifact');
      if (content.dsseEnvelope.payloadType !== inTotoPayloadType)
        return reject('STATEMENT_MALFORMED', `the payload is not of type ${inTotoPayloadType}`);
      const signed = findSigner(opened.bundle, undefined, trusted, trustRoot);
      if (signed.outcome === 'rejected') return signed;
      return judgeStatement(content.dsseEnvelope.payload, subject, signed.identity);
    },
    verifyMessage: async (bytes, artifact, trusted) => {
      const opened = openBundle(bytes);
      if (opened.outcome === 'rejected') return opened;
      const { content } = opened.bundle;
      if (content.$case !== 'messageSignature')
        return reject('BUNDLE_UNSUPPORTED', 'the bundle carries a statement, not a signature over the bytes of a file');
      const digest = createHash('sha256').update(artifact).digest();
      if (!digest.equals(content.messageSignature.messageDigest.digest))
        return reject('SUBJECT_MISMATCH', 'the bundle was made for other bytes: its digest is not that of the file');
      return findSigner(opened.bundle, Buffer.from(artifact), trusted, trustRoot);
    },
  };
}

function judgeStatement(payload: Uint8Array, subject: Digest, identity: SignerIdentity): BundleVerification {
  const parsed = statementSchema.safeParse(parseJson(payload)?.value);
  if (!parsed.success) return reject('STATEMENT_MALFORMED', 'the signed payload is not an in-toto statement');
  const statement: Statement = parsed.data;
  if (!subjectDigests(statement).includes(subject))
    return reject('SUBJECT_MISMATCH', `the statement is about another artifact, not ${subject}`);
  return { outcome: 'verified', identity, statement };
}

function findSigner(
  bundle: Bundle,
  artifact: Buffer | undefined,
  trusted: TrustedKeys,
  trustRoot: TrustMaterial | undefined,
): MessageVerification {
  const material = bundle.verificationMaterial;
  if (trustRoot === undefined) {
    // Nothing to check them with. They prove time, not identity, so leaving them out accepts nothing more.
    material.tlogEntries = [];
    material.timestampVerificationData = undefined;
  }
  if (material.content.$case === 'publicKey')
    return verifyWithKeys(bundle, artifact, trusted, material.content.publicKey.hint, trustRoot);
  if (trustRoot === undefined)
    return reject('BUNDLE_UNSUPPORTED', 'signed with a certificate: verifying it takes a trusted root');
  return verifyWithCertificate(bundle, artifact, trustRoot);
}

/** The key the hint names, else (hints are advice, and unsigned) each trusted key in turn. */
function verifyWithKeys(
  bundle: Bundle,
  artifact: Buffer | undefined,
  trusted: TrustedKeys,
  hint: string,
  trustRoot: TrustMaterial | undefined,
): MessageVerification {
  const keys = readTrustedKeys(trusted);
  const named = keys.filter((key) => key.keyId === hint);
  for (const { keyId, publicKey } of named.length > 0 ? named : keys) {
    const failure = runVerifier(
      bundle,
      artifact,
      {
        ...(trustRoot ?? { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] }),
        publicKey: () => ({ publicKey, validFor: () => true }),
      },
      { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
    );
    if (failure === undefined) return { outcome: 'verified', identity: { kind: 'key', keyId } };
    if (named.length > 0 || failure.code !== 'SIGNATURE_INVALID') return failure;
  }
  return reject('SIGNER_UNKNOWN', `none of the ${keys.length} trusted keys made the signature`);
}

function verifyWithCertificate(
  bundle: Bundle,
  artifact: Buffer | undefined,
  trustRoot: TrustMaterial,
): MessageVerification {
  let identity: SignerIdentity | undefined;
  const failure = runVerifier(
    bundle,
    artifact,
    trustRoot,
    {
      // A root without logs of a kind cannot ask for their entries; the proof of time is never waived.
      tlogThreshold: trustRoot.tlogs.length > 0 ? 1 : 0,
      ctlogThreshold: trustRoot.ctlogs.length > 0 ? 1 : 0,
      timestampThreshold: 1,
    },
    (found) => {
      identity = found;
    },
  );
  if (failure !== undefined) return failure;
  if (identity === undefined) return reject('CERTIFICATE_INVALID', 'the certificate names no subject or no issuer');
  return { outcome: 'verified', identity };
}

function runVerifier(
  bundle: Bundle,
  artifact: Buffer | undefined,
  material: TrustMaterial,
  thresholds: { tlogThreshold: number; ctlogThreshold: number; timestampThreshold: number },
  onIdentity?: (identity: SignerIdentity) => void,
): Rejection | undefined {
  try {
    const { identity } = new Verifier(material, thresholds).verify(toSignedEntity(bundle, artifact));
    const subject = identity?.subjectAlternativeName;
    const issuer = identity?.extensions?.issuer;
    if (subject !== undefined && issuer !== undefined) onIdentity?.({ kind: 'certificate', subject, issuer });
    return undefined;
  } catch (error) {
    // Anything else is the parser of a certificate, timestamp or log entry on bytes it did not expect.
    return error instanceof VerificationError
      ? reject(toRejectionCode(error.code), error.message)
      : reject('BUNDLE_MALFORMED', 'a certificate, timestamp or log entry in the bundle cannot be read');
  }
}

function toRejectionCode(code: VerificationError['code']): RejectionCode {
  switch (code) {
    case 'SIGNATURE_ERROR':
      return 'SIGNATURE_INVALID';
    case 'PUBLIC_KEY_ERROR':
      return 'SIGNER_UNKNOWN';
    case 'CERTIFICATE_ERROR':
      return 'CERTIFICATE_INVALID';
    case 'TIMESTAMP_ERROR':
      return 'TIMESTAMP_MISSING';
    case 'NOT_IMPLEMENTED_ERROR':
      return 'BUNDLE_UNSUPPORTED';
    case 'TLOG_INCLUSION_PROOF_ERROR':
    case 'TLOG_INCLUSION_PROMISE_ERROR':
    case 'TLOG_MISSING_INCLUSION_ERROR':
    case 'TLOG_BODY_ERROR':
    case 'TLOG_ERROR':
      return 'LOG_ENTRY_INVALID';
  }
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
