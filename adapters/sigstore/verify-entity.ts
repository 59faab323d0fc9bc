/** Bundles that are verified under a trusted root, by `@sigstore/verify`. */
import type { KeyObject } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import { type SignedEntity, type TrustMaterial, toSignedEntity, VerificationError, Verifier } from '@sigstore/verify';
import type { SignerIdentity } from '../../domain/trust/evidence.ts';
import type { MessageVerification, Thresholds } from './bundle-verifier.ts';
import { checkLogEntry } from './check-log-entry.ts';
import { explainRejection } from './explain-rejection.ts';
import { checkLeaf, describeLeaf, otherNameOf } from './leaf-certificate.ts';
import { type Rejection, reject } from './open-bundle.ts';
import { rememberEncoding } from './remember-encoding.ts';
import { createSignedContent, type SignedFile, signedBy } from './signed-content.ts';
import type { ReadKey } from './try-keys.ts';
import { describeProof } from './verification-proof.ts';
import { schemesOf } from './verify-signature.ts';

/** What the library verifies, of a bundle and the file it signs. */
export function readEntity(bundle: Bundle, artifact: SignedFile | undefined): SignedEntity | Rejection {
  try {
    // The library's own content is replaced: it hashes with SHA-256 under every key.
    const entity = toSignedEntity(bundle, Buffer.alloc(0));
    if (entity.key.$case === 'certificate') rememberEncoding(entity.key.certificate);
    return { ...entity, signature: createSignedContent(bundle, artifact) };
  } catch {
    return reject('BUNDLE_MALFORMED', 'a certificate or timestamp in the bundle cannot be read');
  }
}

/** Log entries and timestamps must verify where they are present. */
export function verifyWithKey(
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

/** The certificate must be a signer's, and be proven to have been in force when it signed. */
export function verifyWithCertificate(
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
