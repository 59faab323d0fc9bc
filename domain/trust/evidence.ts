import type { Digest } from '../artifact/digest.ts';
import type { SignedBytesBy } from './dual-signatures.ts';
import type { LevelLimit } from './slsa/provenance.ts';
import type { Statement } from './statement.ts';

/** Who signed, as a verifier established it; the policy pins these. */
export type SignerIdentity =
  | { readonly kind: 'key'; readonly keyId: string } // base64(sha256(SPKI DER))
  | { readonly kind: 'certificate'; readonly subject: string; readonly issuer: string }
  /**
   * Of a Notation signature: distinguished name, thumbprint (SHA-256, hex) of the certificate that is trusted, and the key it was
   * made with. `under`: the signers of the policy under each of whose own terms it verified, with the thumbprint that each trusts.
   */
  | {
      readonly kind: 'x509';
      readonly subject: string;
      readonly root: string;
      readonly keyId: string;
      readonly under?: Readonly<Record<string, string>>;
    };

/** `key:<keyId>`, `cert:<issuer>|<subject>` or `x509:<root>|<subject>`: one string to store, select and print. */
export function identityName(identity: SignerIdentity): string {
  switch (identity.kind) {
    case 'key':
      return `key:${identity.keyId}`;
    case 'certificate':
      return `cert:${identity.issuer}|${identity.subject}`;
    case 'x509':
      return `x509:${identity.root}|${identity.subject}`;
  }
}

/** Why a verifier refuses. Each has one meaning; the reason beside it says it in a sentence. */
export type RejectionCode =
  | 'BUNDLE_MALFORMED'
  | 'BUNDLE_TOO_LARGE'
  | 'BUNDLE_AMBIGUOUS' // JSON two readers may read differently: a key twice, or nested too deep
  | 'BUNDLE_UNSUPPORTED'
  | 'ALGORITHM_UNSUPPORTED' // of the hash or the key: unknown, or too weak
  | 'KEYRING_EMPTY' // nobody is trusted: no evidence can count
  | 'SIGNATURE_INVALID'
  | 'SIGNER_UNKNOWN' // no trusted key or root made it
  | 'ISSUER_MISMATCH' // a certificate for somebody whom another issuer vouched for
  | 'IDENTITY_MISMATCH' // a certificate of the right issuer, for somebody else
  | 'SUBJECT_MISMATCH'
  | 'STATEMENT_MALFORMED'
  | 'PROVENANCE_CONTRADICTED' // it and the certificate it was signed with cannot both be right
  | 'CERTIFICATE_INVALID' // no chain to the trusted root, or not made for signing code
  | 'CERTIFICATE_EXPIRED' // every proof of time is after its end
  | 'SCT_INVALID' // the certificate is not shown to be in a certificate log
  | 'TIMESTAMP_MISSING'
  | 'TIMESTAMP_INVALID' // of no trusted authority, or over another signature
  | 'TIMESTAMP_OUTSIDE_CERTIFICATE'
  | 'LOG_ENTRY_MISSING'
  | 'LOG_ENTRY_MISMATCH' // a genuine entry, about other bytes or another signer
  | 'LOG_ENTRY_INVALID' // not shown to be in a trusted log
  | 'ATTRIBUTE_CRITICAL' // of Notation: signed with something that must be understood, and is not
  | 'SIGNATURE_EXPIRED' // of Notation: the signer said until when it counts
  | 'CERTIFICATE_REVOKED' // of Notation: a list by its issuer has it
  | 'REVOCATION_UNKNOWN' // of Notation: its certificate says whom to ask, and no list that counts was given
  | 'RECORD_FORGED'; // the database says that it verifies; it does not

/** What was shown besides who signed: when, and in which logs it can be looked up. Only what is authenticated is here. */
export interface VerificationProof {
  /** Times (RFC 3339, UTC) by which the signature existed. */
  readonly times: readonly {
    readonly at: string;
    readonly by: 'timestamp-authority' | 'transparency-log' | 'signing-authority';
  }[];
  /** Log entries: the log's base URL (or its key id, base64, where the trusted root names none), and the entry's place in it. */
  readonly logs: readonly { readonly log: string; readonly index: string; readonly kind: string }[];
  /** Of a signing certificate: its validity, and what Fulcio wrote into it, by OID (1.3.6.1.4.1.57264.1.*). */
  readonly certificate?: {
    readonly notBefore: string;
    readonly notAfter: string;
    readonly extensions: Readonly<Record<string, string>>;
  };
}

export type BundleVerification =
  | {
      readonly outcome: 'verified';
      readonly identity: SignerIdentity;
      readonly statement: Statement;
      readonly signed?: SignedBytesBy;
      /** Absent where only a key and a signature were checked. */
      readonly proof?: VerificationProof;
    }
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
  /** Which trusted root is in force, in a word: another one may verify what this one did not. Empty without one. */
  trust(): string;
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
  /** What the builder ran, `node 24.1.0` each, where it says so. */
  readonly toolchain?: readonly string[];
  readonly builderHost?: string;
  readonly invocationId?: string;
  /** Whose signature on the source commit the builder verified: principals of its allowed signers. */
  readonly committers?: readonly string[];
  /** Declared inputs and no network; the same bytes from the same inputs: as the builder says, where it does. */
  readonly hermetic?: boolean;
  /** Nothing went in but the source, and what that names by hash: as the builder says, where it does. */
  readonly inputsByHash?: boolean;
  readonly reproducible?: boolean;
  /** What it supports of SLSA's Build track, and what keeps it from more; absent where nothing in it does. */
  readonly slsaBuildLevel?: number;
  readonly levelLimits?: readonly LevelLimit[];
}

/** What a test result says, reduced to what the gate asks. */
export interface TestFacts {
  readonly result: 'PASSED' | 'WARNED' | 'FAILED';
  /** What was tested with, by name: sorted, the first 50. */
  readonly configuration: readonly string[];
  /** How many tests it names as such. */
  readonly passed: number;
  readonly warned: number;
  readonly failed: number;
  /** The first 50 that failed. */
  readonly failures?: readonly string[];
}

/** Which vulnerability report it is: of those of one scanner the newest counts. */
export interface ReportFacts {
  /** Its name, address or purl; empty where nothing names it. */
  readonly scanner: string;
  /** RFC 3339, as the report says. */
  readonly finishedAt: string;
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
    | {
        readonly outcome: 'verified';
        readonly identity: SignerIdentity;
        /** Which bytes, by which kind of key; absent in records of before. */
        readonly signed?: SignedBytesBy;
        /** By when it was signed (RFC 3339), as a timestamp or log entry proves; absent where nothing does. */
        readonly signedAt?: string;
        /** Until when it counts (RFC 3339), where its signer or certificates say so: of Notation's. */
        readonly validUntil?: string;
      }
    | { readonly outcome: 'rejected'; readonly code: RejectionCode; readonly reason: string };
  readonly provenance?: ProvenanceFacts;
  readonly tests?: TestFacts;
  readonly report?: ReportFacts;
  /** Of what was rejected: the keys that were tried. With the same keys it need not be looked at again. */
  readonly triedKeys?: string;
}
