/** What people do with promotions: the port behind the API. */
import type { ArtifactKey } from '../artifact/subject.ts';
import type { ProofReference } from '../identity/approval-proof.ts';

export type PromotionRequestOutcome =
  | { readonly outcome: 'requested' | 'already-open'; readonly promotion: string; readonly generation: number }
  | { readonly outcome: 'already-live'; readonly promotion: string }
  | { readonly outcome: 'refused'; readonly reason: string };

/** A person deciding: what the gateway established about them, never what they sent. */
export interface Decider {
  readonly principal: string;
  readonly groups: readonly string[];
}

export type DecisionOutcome =
  | { readonly outcome: 'counted'; readonly state: string; readonly reason: string }
  /** Not the decision that was seen: nothing was counted. `reason` says what changed, `decision` is the one to look at. */
  | { readonly outcome: 'changed'; readonly reason: string; readonly decision: string }
  /** The policy wants a proof of the approver's own, and none came. */
  | { readonly outcome: 'unproven'; readonly reason: string }
  | { readonly outcome: 'refused'; readonly reason: string };

export type CancelOutcome =
  /** It waited, and has ended. */
  | { readonly outcome: 'cancelled' }
  /** It was being copied: it does not go live, and what it copied is taken out again. */
  | { readonly outcome: 'taken-back' }
  | { readonly outcome: 'refused'; readonly reason: string };

export interface PromotionDesk {
  request(request: {
    key: ArtifactKey;
    environment: string;
    tag?: string;
    rollback: boolean;
    actor: string;
  }): Promise<PromotionRequestOutcome>;
  /** Ends one that is not live yet. */
  cancel(request: { environment: string; key: ArtifactKey; reason: string; actor: string }): Promise<CancelOutcome>;
  /** Approves or rejects by a Temporal Update on the waiting promotion. */
  decide(request: {
    environment: string;
    key: ArtifactKey;
    verb: 'approve' | 'reject';
    reason: string;
    /** The decision digest of what the person saw. */
    decision: string | undefined;
    decider: Decider;
    /** Verified, where they brought one. */
    proof: ProofReference | undefined;
  }): Promise<DecisionOutcome>;
}
