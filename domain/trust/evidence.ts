import type { Digest } from '../artifact/digest.ts';
import type { LevelLimit } from './slsa/provenance.ts';
import type { Statement } from './statement.ts';

/** Who signed, as a verifier established it; the policy pins these. */
export type SignerIdentity =
  | { readonly kind: 'key'; readonly keyId: string } // base64(sha256(SPKI DER))
  | { readonly kind: 'certificate'; readonly subject: string; readonly issuer: string };

/** `key:<keyId>` or `cert:<issuer>|<subject>`: one string to store, select and print. */
export function identityName(identity: SignerIdentity): string {
  return identity.kind === 'key' ? `key:${identity.keyId}` : `cert:${identity.issuer}|${identity.subject}`;
}

export type RejectionCode =
  | 'BUNDLE_MALFORMED'
  | 'BUNDLE_UNSUPPORTED'
  | 'SIGNATURE_INVALID'
  | 'SIGNER_UNKNOWN' // no trusted key or root made it
  | 'SUBJECT_MISMATCH'
  | 'STATEMENT_MALFORMED'
  | 'CERTIFICATE_INVALID'
  | 'TIMESTAMP_MISSING'
  | 'LOG_ENTRY_INVALID'
  | 'RECORD_FORGED'; // the database says that it verifies; it does not

export type BundleVerification =
  | { readonly outcome: 'verified'; readonly identity: SignerIdentity; readonly statement: Statement }
  | { readonly outcome: 'rejected'; readonly code: RejectionCode; readonly reason: string };

/** Public keys (PEM, SPKI) a verifier may accept; certificates come with a later trust root. */
export interface TrustedKeys {
  readonly keys: readonly string[];
}

export interface BundleVerifier {
  /**
   * Checks signature, payload type and that `subject` is among the statement's subjects.
   * Never throws on hostile bytes: what is wrong with them is the result.
   */
  verify(bundle: Uint8Array, subject: Digest, trusted: TrustedKeys): Promise<BundleVerification>;
}

/** What a SLSA v1 (or v0.2) provenance says, reduced to what gates and selectors ask. */
export interface ProvenanceFacts {
  readonly builderId: string;
  readonly buildType: string;
  /** Clone URL, ref and commit of the source, where the provenance names them. */
  readonly sourceRepository?: string;
  readonly ref?: string;
  readonly commit?: string;
  /** The workflow, pipeline, job or file that was run. */
  readonly entryPoint?: string;
  readonly builderHost?: string;
  readonly invocationId?: string;
  /** Whose signature on the source commit the builder verified: principals of its allowed signers. */
  readonly committers?: readonly string[];
  /** Declared inputs and no network; the same bytes from the same inputs: as the builder says, where it does. */
  readonly hermetic?: boolean;
  readonly reproducible?: boolean;
  /** What it supports of SLSA's Build track, and what keeps it from more; absent where nothing in it does. */
  readonly slsaBuildLevel?: number;
  readonly levelLimits?: readonly LevelLimit[];
}

/** One referrer of an artifact, read, verified and recorded. */
export interface EvidenceRecord {
  /** Digest of the referrer's manifest; and of the bundle blob inside it. */
  readonly manifest: Digest;
  readonly bundle: Digest;
  /** The digest the statement is about: the artifact, or one of its children. */
  readonly subject: Digest;
  readonly predicateType: string;
  /** `own`: signed by one of Pratique's keys. Own evidence never counts as origin. */
  readonly origin: 'own' | 'foreign';
  readonly verification:
    | { readonly outcome: 'verified'; readonly identity: SignerIdentity }
    | { readonly outcome: 'rejected'; readonly code: RejectionCode; readonly reason: string };
  readonly provenance?: ProvenanceFacts;
  /** Of what was rejected: the keys that were tried. With the same keys it need not be looked at again. */
  readonly triedKeys?: string;
}
