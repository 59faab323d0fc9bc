import { proxyActivities } from '@temporalio/workflow';
import type { TrustActivities } from '../../activities/trust/activities.ts';

/** Quick tries for a blip; patience is the workflow's (runtime/persistent-step.ts). */
const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s', maximumAttempts: 4 } as const;

/** Rows, and one key. */
export const keys = proxyActivities<
  Pick<TrustActivities, 'beginRotation' | 'retireKey' | 'noteRotation' | 'failRotation'>
>({ taskQueue: 'trust', startToCloseTimeout: '1m', retry });

/** Everything that is live: hours where there are thousands. A try goes on where the one before stopped. */
export const signing = proxyActivities<Pick<TrustActivities, 'resignLive'>>({
  taskQueue: 'trust',
  startToCloseTimeout: '12h',
  heartbeatTimeout: '2m',
  retry,
});
