import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Decider, DecisionOutcome } from '../../domain/promotion/promotion-desk.ts';

/** Only the ticket counts: the name of what the gateway recorded. The rest is for who reads the history, and for workers of before. */
export interface Decision {
  readonly ticket: string;
  readonly verb: 'approve' | 'reject';
  readonly reason: string;
  /** The decision digest of what the person saw; absent in messages of before it was sent along. */
  readonly decision?: string | undefined;
  readonly decider: Decider;
}

/** A person decides. Answers whether it counted, and why not. */
export const decidePromotion = defineUpdate<DecisionOutcome, [Decision]>('decidePromotion');
/** Something it may wait for has changed: an incident, a placement, a policy. It looks again. */
export const lookAgain = defineSignal('lookAgain');
