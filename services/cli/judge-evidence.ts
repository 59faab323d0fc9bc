import type { SigstoreVerifier } from '../../adapters/sigstore/bundle-verifier.ts';
import { identityName, type SignerIdentity, type TrustedKeys } from '../../domain/trust/evidence.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import type { DigestTarget, EvidenceTarget } from './evidence-target.ts';

/** Whose evidence counts, of which predicate type. */
export interface WantedEvidence {
  readonly verifier: SigstoreVerifier;
  readonly trusted: TrustedKeys;
  readonly predicateType: string;
  readonly certificate: { readonly subject: string; readonly issuer: string } | undefined;
}

/** One bundle as judged. `other`: it verifies, and is evidence of another type than the one wanted. */
export type CheckedEvidence =
  | {
      readonly source: string;
      readonly outcome: 'verified' | 'other';
      readonly signer: string;
      /** Absent for a signature over the bytes of a file. */
      readonly predicateType?: string;
    }
  | { readonly source: string; readonly outcome: 'rejected'; readonly code: string; readonly reason: string };

/** Judges one bundle. A file may be signed as such (`cosign sign-blob`) or be the subject of a statement. */
export async function judgeEvidence(
  found: { readonly source: string; readonly bytes: Uint8Array },
  target: EvidenceTarget | DigestTarget,
  wanted: WantedEvidence,
): Promise<CheckedEvidence> {
  const { source, bytes } = found;
  const { verifier, trusted } = wanted;
  const statement = await verifier.verify(bytes, target.digest, trusted);
  if (statement.outcome === 'verified') {
    const { predicateType } = statement.statement;
    const outcome = predicateType === wanted.predicateType ? 'verified' : 'other';
    return pin(source, statement.identity, wanted, { outcome, predicateType });
  }
  if (
    statement.code !== 'BUNDLE_UNSUPPORTED' ||
    target.kind !== 'file' ||
    wanted.predicateType !== predicateTypes.cosignSignature
  )
    return { source, ...statement };
  const message = await verifier.verifyMessage(bytes, target.bytes, trusted);
  if (message.outcome === 'rejected') return { source, ...message };
  return pin(source, message.identity, wanted, { outcome: 'verified' });
}

/** A certificate of the trusted root proves nothing until its subject and issuer are those that were asked for. */
function pin(
  source: string,
  identity: SignerIdentity,
  wanted: WantedEvidence,
  judged: { outcome: 'verified' | 'other'; predicateType?: string },
): CheckedEvidence {
  const { certificate } = wanted;
  const pinned =
    identity.kind === 'key' || (identity.subject === certificate?.subject && identity.issuer === certificate.issuer);
  if (pinned) return { source, ...judged, signer: identityName(identity) };
  const reason = `signed by ${identityName(identity)}, not by the identity that was asked for`;
  return { source, outcome: 'rejected', code: 'SIGNER_UNKNOWN', reason };
}
