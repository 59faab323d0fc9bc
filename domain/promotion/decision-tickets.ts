/** What people decided, kept apart from what carries it: whoever reaches the queues can name a decision, not make one. */
import type { ArtifactKey } from '../artifact/subject.ts';
import type { ProofReference } from '../identity/approval-proof.ts';
import type { PromotionKey } from './promotion-book.ts';
import type { Decider } from './promotion-desk.ts';

export interface TakenDecision {
  readonly verb: 'approve' | 'reject';
  readonly reason: string;
  readonly decider: Decider;
  /** What they saw, where they said so. */
  readonly decision: string | undefined;
  readonly proof?: ProofReference | undefined;
}

export interface DecisionTickets {
  /** Records what a person decided, whose token was seen; returns its name. */
  take(decision: {
    environment: string;
    key: ArtifactKey;
    verb: 'approve' | 'reject';
    reason: string;
    decision?: string | undefined;
    decider: Decider;
    proof?: ProofReference | undefined;
  }): Promise<string>;
  /** What was decided about this promotion, and none before or after it, under this name, lately; the same again when asked again. */
  redeem(key: PromotionKey, ticket: string): Promise<TakenDecision | { readonly refused: string }>;
}
