import { type ActivityOptions, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { PromotionActivities } from '../../activities/promotion.ts';
import type { TrustActivities } from '../../activities/trust/activities.ts';

const retry: NonNullable<ActivityOptions['retry']> = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '10s',
  maximumAttempts: 4,
};

/** One short transaction that may be repeated: run where the workflow runs, without a round trip through Temporal. */
export const reservation = proxyLocalActivities<Pick<PromotionActivities, 'reserve'>>({
  startToCloseTimeout: '30s',
  // Longer waits than this become timers of the workflow.
  localRetryThreshold: '5s',
  retry,
});

/** The last step, quick as long as registry and database are well: one try where the workflow runs (runtime/close-here.ts). */
export const closing = proxyLocalActivities<Pick<PromotionActivities, 'goLive'>>({
  // Within the time of a task of the workflow, so that none has to be asked for only to keep it.
  startToCloseTimeout: '7s',
  retry: { maximumAttempts: 1 },
});

/** One transaction. */
export const book = proxyActivities<Pick<PromotionActivities, 'end' | 'decide' | 'remind'>>({
  taskQueue: 'control',
  startToCloseTimeout: '30s',
  retry,
});

/** Bytes move; the lease (activities/promotion.ts) bounds it in the database too. */
export const registry = proxyActivities<Pick<PromotionActivities, 'copy' | 'goLive' | 'undo'>>({
  taskQueue: 'control',
  startToCloseTimeout: '4m',
  heartbeatTimeout: '30s',
  retry,
});

export const trust = proxyActivities<Pick<TrustActivities, 'judgeAgain' | 'admit'>>({
  taskQueue: 'trust',
  startToCloseTimeout: '2m',
  heartbeatTimeout: '30s',
  retry,
});

/** Nothing wakes some waits (a freeze that was lifted): looked at again at least this often. */
export const LONGEST_SLEEP_MS = 3_600_000;
/** Looks at a promotion whose copy was taken back for a reason that may pass: a lease that ran out, a newer verdict. */
export const SECOND_LOOKS = 3;
/** Before the first of them; each waits that much longer. Ended sooner by whoever tells it to look. */
export const SECOND_LOOK_MS = 5000;
/** Reminders of one promotion, each at twice the distance of the one before. */
export const REMINDERS = 5;
