/** Verifying Notary Project signatures: the port, and what it is asked. */
import type { Digest } from '../../artifact/digest.ts';
import type { RejectionCode, SignerIdentity, VerificationProof } from '../evidence.ts';
import type { TrustPolicy } from './trust-policy.ts';

/** One signature as it is attached; nothing in it is trusted yet. */
export interface AttachedEnvelope {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What it must be about. Media type and size are compared where they are known. */
export interface NotationSubject {
  readonly digest: Digest;
  readonly mediaType?: string | undefined;
  readonly size?: number | undefined;
}

/** A trust policy statement, with the certificates of the stores it names: PEM texts, one or more certificates each. */
export interface NotationTrust {
  readonly policy: Pick<TrustPolicy, 'actions' | 'verifyTimestamp' | 'identities'>;
  readonly stores: {
    readonly ca: readonly string[];
    readonly signingAuthority: readonly string[];
    /** Undefined where the statement names none: then timestamps are not looked at. */
    readonly tsa: readonly string[] | undefined;
  };
  /** What is known of revoked certificates. */
  readonly revocation?: Pick<RevocationFindings, 'lists' | 'answers'>;
}

/** A list of revoked certificates, in PEM or DER, or an answer of OCSP in DER; `source` is its name in messages. */
export interface RevocationFile {
  readonly source: string;
  readonly bytes: Uint8Array;
}

/** One certificate that may be revoked, and whom it names to be asked; below a root that is trusted. Certificates in DER. */
export interface RevocationQuestion {
  readonly certificate: Uint8Array;
  readonly issuer: Uint8Array;
  readonly responders: readonly string[];
  readonly lists: readonly string[];
}

/** What came of asking. `unanswered`: sentences about those that did not answer. */
export interface RevocationFindings {
  readonly lists: readonly RevocationFile[];
  readonly answers: readonly RevocationFile[];
  readonly unanswered: readonly string[];
}

/** `questions`: what others could still answer, where the result hangs on nothing else. */
export type NotationVerification = { readonly questions?: readonly RevocationQuestion[] } & (
  | {
      readonly outcome: 'verified';
      readonly identity: Extract<SignerIdentity, { kind: 'x509' }>;
      readonly proof?: VerificationProof;
      /** Until when it counts (RFC 3339): its expiry, or the end of its certificates where no timestamp outlives them. */
      readonly validUntil?: string;
      /** Of what the policy only logs: what failed. */
      readonly logged: readonly { readonly code: RejectionCode; readonly reason: string }[];
    }
  | { readonly outcome: 'rejected'; readonly code: RejectionCode; readonly reason: string }
);

export interface NotationVerifier {
  /** Offline. Never throws on hostile bytes: what is wrong with them is the result; a NotationError for a store or list of ours. `now`: the time of verification. */
  verify(envelope: AttachedEnvelope, subject: NotationSubject, trust: NotationTrust, now: Date): NotationVerification;
}
