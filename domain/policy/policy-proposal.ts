/** A policy that somebody wants in force, where the one in force asks others first. */
import type { ProofReference } from '../identity/approval-proof.ts';
import type { Decider } from '../promotion/promotion-desk.ts';

export interface PolicyProposal {
  readonly id: string;
  readonly version: number;
  readonly digest: string;
  readonly fileName: string;
  /** The file, as it would be in force. */
  readonly text: string;
  readonly proposedBy: string;
  /** RFC 3339 */
  readonly proposedAt: string;
  readonly state: 'waiting' | 'active' | 'rejected' | 'expired' | 'superseded';
  readonly reason: string;
  readonly decisions: readonly {
    readonly principal: string;
    readonly verb: 'approve' | 'reject';
    readonly reason: string;
    /** RFC 3339 */
    readonly at: string;
    /** Their own, as it was verified when it came; null where they brought none. */
    readonly proof: ProofReference | null;
  }[];
}

export interface ChangeDecision {
  readonly verb: 'approve' | 'reject';
  readonly reason: string;
  readonly decider: Decider;
  /** Their own, verified already. */
  readonly proof?: ProofReference | undefined;
}

export type ProposalOutcome =
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'refused'; readonly reason: string }
  /** The policy in force takes no word without a proof. */
  | { readonly outcome: 'unproven'; readonly reason: string }
  /** More are needed. */
  | { readonly outcome: 'counted'; readonly reason: string }
  | { readonly outcome: 'ended'; readonly state: 'rejected' | 'expired' | 'superseded'; readonly reason: string }
  | { readonly outcome: 'activated'; readonly version: number; readonly digest: string; readonly reason: string };
