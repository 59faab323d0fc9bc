import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { PromotionActivities } from '../../activities/promotion.ts';
import type { TrustActivities } from '../../activities/trust/activities.ts';

const retry: NonNullable<ActivityOptions['retry']> = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '10s',
  maximumAttempts: 4,
};

/** One transaction. */
export const book = proxyActivities<Pick<PromotionActivities, 'reserve' | 'end' | 'decide' | 'remind'>>({
  taskQueue: 'control',
  startToCloseTimeout: '30s',
  retry,
});

/** Bytes move; the lease (activities/promotion.ts) bounds it in the database too. */
export const registry = proxyActivities<Pick<PromotionActivities, 'copy' | 'goLive' | 'undo'>>({
  taskQueue: 'control',
  startToCloseTimeout: '4m',
  heartbeatTimeout: '90s',
  retry,
});

export const trust = proxyActivities<Pick<TrustActivities, 'judgeAgain' | 'admit'>>({
  taskQueue: 'trust',
  startToCloseTimeout: '2m',
  retry,
});

/** Nothing wakes some waits (a freeze that was lifted): looked at again at least this often. */
export const LONGEST_SLEEP_MS = 3_600_000;
/** Reminders of one promotion, each at twice the distance of the one before. */
export const REMINDERS = 5;
