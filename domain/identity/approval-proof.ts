/** An approver's own proof of what they decided, beside the word of the gateway that saw their token. */
import type { Digest } from '../artifact/digest.ts';
import type { ApprovalClaim } from './approval-claim.ts';
import type { GivenAssertion, StoredAssertion } from './passkey.ts';

/** As it is brought: the text of a claim, and one thing that shows who said it. */
export interface GivenProof {
  readonly statement: string;
  /** Armored SSHSIG over the statement. */
  readonly signature?: string | undefined;
  /** OpenID Connect ID token whose nonce, or audience, is made from the statement. */
  readonly identityToken?: string | undefined;
  /** Of a passkey, whose challenge is the SHA-256 of the statement. */
  readonly assertion?: GivenAssertion | undefined;
}

export const proofKinds = ['ssh', 'oidc', 'webauthn'] as const;
export type ProofKind = (typeof proofKinds)[number];

/** Where a verified proof is kept, and whose it was found to be. */
export interface ProofReference {
  readonly kind: ProofKind;
  /** Of the body in the blob store. */
  readonly digest: Digest;
  /** `SHA256:…`, the fingerprint of the key or passkey; or `<issuer> <subject>`. */
  readonly by: string;
  /** RFC 3339, by the approver's clock: when they say that they decided. Absent in rows of before it was kept. */
  readonly at?: string;
}

/** A proof that was read from its place and verified again. */
export interface ConfirmedProof extends ProofReference {
  readonly claim: ApprovalClaim;
  /** Where the worker has a list of approvers of its own: who they are by it. */
  readonly listed?: { readonly principal: string; readonly groups: readonly string[] };
  /** Of `ssh` and `webauthn`: what anybody can verify. A token stays in its place. */
  readonly shown?: ShownProof;
}

/** An SSH signature (ssh-keygen -Y verify), or an assertion with its key (Web Authentication, 7.2), over the statement. */
export type ShownProof =
  | { readonly statement: string; readonly signature: string }
  | { readonly statement: string; readonly assertion: StoredAssertion };

/** What must be proven. `at` is compared by whoever knows the hour. */
export type ExpectedClaim = Omit<ApprovalClaim, 'at'>;

export interface ApprovalProofs {
  /** By the worker's own list: how many approvals an environment needs at least; 0 without. */
  leastApprovals(environment: string): number;
  /** Verifies what was brought against what is being decided now, and stores it. Throws a ProofError. */
  accept(given: GivenProof, expected: ExpectedClaim): Promise<ProofReference>;
  /** Verifies once more what is stored, for whoever does not believe the row. Throws a ProofError. */
  confirm(reference: ProofReference, expected: ExpectedClaim): Promise<ConfirmedProof>;
}
