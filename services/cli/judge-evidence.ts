import { createHash } from 'node:crypto';
import type { SigstoreVerifier } from '../../adapters/sigstore/bundle-verifier.ts';
import { parseJson } from '../../adapters/sigstore/open-bundle.ts';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import { digestHex } from '../../domain/artifact/digest.ts';
import { checkSummary, type SummaryQuestion } from '../../domain/trust/check-summary.ts';
import {
  type SignaturePolicy,
  type SignedBytesBy,
  signaturePolicyRefusal,
} from '../../domain/trust/dual-signatures.ts';
import {
  identityName,
  type SignerIdentity,
  type TrustedKeys,
  type VerificationProof,
} from '../../domain/trust/evidence.ts';
import type { IdentityPattern } from '../../domain/trust/identity-pattern.ts';
import { readSimpleSigning } from '../../domain/trust/simple-signing.ts';
import { type DigestSet, predicateTypes } from '../../domain/trust/statement.ts';
import type { DigestTarget, EvidenceTarget } from './evidence-target.ts';
import type { JudgedProvenance, ProvenanceQuestion } from './judge-provenance.ts';
import type { FindDocuments, ReferencedDocument } from './referenced-documents.ts';

/** Whose evidence counts, of which predicate type. */
export interface WantedEvidence {
  readonly verifier: SigstoreVerifier;
  readonly trusted: TrustedKeys;
  /** Any of these. */
  readonly predicateTypes: readonly string[];
  /** What provenance must say besides being signed; undefined where another type is wanted. */
  readonly provenance?: ProvenanceQuestion | undefined;
  /** Of the image: where statements that refer to documents have them. Absent where nothing can be fetched. */
  readonly documents?: FindDocuments;
  /** Whose certificates count; undefined where none do. */
  readonly certificate: IdentityPattern | undefined;
  /** What a verification summary must say besides being signed; undefined where another type is wanted. */
  readonly summary?: SummaryQuestion | undefined;
}

/** One bundle as judged. `other`: it verifies, and is evidence of another type than the one wanted. */
export type CheckedEvidence =
  | {
      readonly source: string;
      readonly outcome: 'verified' | 'other';
      readonly signer: string;
      /** Which bytes, by which kind of key. */
      readonly signed?: SignedBytesBy;
      /** When it was signed, and in which logs that can be looked up. */
      readonly proof?: VerificationProof;
      /** Absent for a signature over the bytes of a file. */
      readonly predicateType?: string;
      /** Of a statement by reference: what was fetched and compared. */
      readonly documents?: readonly ReferencedDocument[];
      /** Of Notation's signatures: what failed, where the trust policy only logs it. */
      readonly logged?: readonly { readonly code: string; readonly reason: string }[];
      /** Of provenance that was wanted: what it says, and the Build level it reaches. */
      readonly provenance?: JudgedProvenance;
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
  const digests = target.kind === 'file' ? digestsOf(target.bytes) : { sha256: digestHex(target.digest) };
  const statement = await verifier.verifyDigests(bytes, digests, trusted);
  if (statement.outcome === 'verified') {
    const { predicateType, predicate } = statement.statement;
    if (predicateType === predicateTypes.reference) return judgeReference(source, statement, predicate, wanted);
    const outcome = wanted.predicateTypes.includes(predicateType) ? 'verified' : 'other';
    if (outcome === 'other') return pin(source, statement, wanted, { outcome, predicateType });
    const problem = wanted.summary === undefined ? undefined : checkSummary(statement.statement, wanted.summary);
    if (problem !== undefined) return { source, outcome: 'rejected', ...problem };
    const pinned = pin(source, statement, wanted, { outcome, predicateType });
    if (wanted.provenance === undefined || pinned.outcome === 'rejected') return pinned;
    const { judgeProvenance } = await import('./judge-provenance.ts');
    const judged = judgeProvenance(statement.statement, statement, wanted.provenance);
    return judged.outcome === 'rejected' ? { source, ...judged } : { ...pinned, provenance: judged.provenance };
  }
  if (
    statement.code !== 'BUNDLE_UNSUPPORTED' ||
    target.kind !== 'file' ||
    !wanted.predicateTypes.includes(predicateTypes.cosignSignature)
  )
    return { source, ...statement };
  const message = await verifier.verifyMessage(bytes, target.bytes, trusted);
  if (message.outcome === 'rejected') return { source, ...message };
  return pin(source, message, wanted, { outcome: 'verified' });
}

/**
 * A signature under cosign's older tag: `bundle` signs `payload`, which must be about the target. It counts as a cosign signature.
 */
export async function judgeSimpleSigning(
  { source, bundle, payload }: { readonly source: string; readonly bundle: Uint8Array; readonly payload: Uint8Array },
  target: EvidenceTarget | DigestTarget,
  wanted: WantedEvidence,
): Promise<CheckedEvidence> {
  const signed = await wanted.verifier.verifyMessage(bundle, payload, wanted.trusted);
  if (signed.outcome === 'rejected') return { source, ...signed };
  const about = readSimpleSigning(parseJson(payload)?.value);
  if (about !== target.digest)
    return {
      source,
      outcome: 'rejected',
      code: about === undefined ? 'STATEMENT_MALFORMED' : 'SUBJECT_MISMATCH',
      reason: about === undefined ? 'the signed payload is no container signature' : `it signs ${about}`,
    };
  const predicateType = predicateTypes.cosignSignature;
  const outcome = wanted.predicateTypes.includes(predicateType) ? 'verified' : 'other';
  return pin(source, signed, wanted, { outcome, predicateType });
}

/** What verified, as far as it counts under the policy: one of a kind that does not, or that lacks its twin, is refused. */
export function countSignatures(checked: readonly CheckedEvidence[], policy: SignaturePolicy): CheckedEvidence[] {
  const verified = checked.flatMap((one) => (one.outcome === 'verified' ? [one.signed] : []));
  return checked.map((one) => {
    const why = one.outcome === 'verified' ? signaturePolicyRefusal(policy, one.signed, verified) : undefined;
    if (why === undefined) return one;
    return { source: one.source, outcome: 'rejected', code: 'SIGNATURE_POLICY', reason: `it verifies, ${why}` };
  });
}

/** npm's statements name a tarball by its SHA-512. */
function digestsOf(bytes: Uint8Array): DigestSet {
  const hex = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
  return { sha256: hex('sha256'), sha512: hex('sha512') };
}

const documentTypes: Readonly<Record<string, string>> = {
  [mediaTypes.cycloneDx]: predicateTypes.cycloneDx,
  [mediaTypes.spdx]: predicateTypes.spdx,
};

/** Counts for the type of what it refers to, once that is there and is what was signed. */
async function judgeReference(
  source: string,
  signed: Signed,
  predicate: unknown,
  wanted: WantedEvidence,
): Promise<CheckedEvidence> {
  const predicateType = predicateTypes.reference;
  if (wanted.documents === undefined) {
    const outcome = wanted.predicateTypes.includes(predicateType) ? 'verified' : 'other';
    return pin(source, signed, wanted, { outcome, predicateType });
  }
  const found = await wanted.documents(predicate);
  if (found.outcome === 'rejected') return { source, ...found };
  const isWanted =
    wanted.predicateTypes.includes(predicateType) ||
    found.documents.some(({ mediaType }) => wanted.predicateTypes.includes(documentTypes[mediaType] ?? ''));
  const { documents } = found;
  return pin(source, signed, wanted, { outcome: isWanted ? 'verified' : 'other', predicateType, documents });
}

interface Signed {
  readonly identity: SignerIdentity;
  readonly signed?: SignedBytesBy;
  readonly proof?: VerificationProof;
}

/** A certificate of the trusted root proves nothing until its subject and issuer are those that were asked for. */
export function refuseSigner(
  identity: SignerIdentity,
  certificate: IdentityPattern | undefined,
): { readonly code: string; readonly reason: string } | undefined {
  if (identity.kind !== 'certificate') return undefined;
  if (certificate !== undefined) return certificate(identity);
  return {
    code: 'SIGNER_UNKNOWN',
    reason: `signed by ${identityName(identity)}, and no certificate was asked for: name it with --certificate-identity and --certificate-oidc-issuer`,
  };
}

function pin(
  source: string,
  { identity, proof, signed }: Signed,
  { certificate }: WantedEvidence,
  judged: { outcome: 'verified' | 'other'; predicateType?: string; documents?: readonly ReferencedDocument[] },
): CheckedEvidence {
  const problem = refuseSigner(identity, certificate);
  if (problem !== undefined) return { source, outcome: 'rejected', ...problem };
  const known = { ...(signed === undefined ? {} : { signed }), ...(proof === undefined ? {} : { proof }) };
  return { source, ...judged, signer: identityName(identity), ...known };
}
