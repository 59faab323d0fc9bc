import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { QuarantineActivities } from '../../activities/quarantine.ts';
import type { TrustActivities } from '../../activities/trust/activities.ts';

/** An incident does not give up: tried until it is done, at most a minute apart. */
const retry: NonNullable<ActivityOptions['retry']> = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '60s',
};

export const book = proxyActivities<
  Pick<QuarantineActivities, 'stands' | 'inFlight' | 'holdings' | 'confirm' | 'unconfirmed' | 'contain'>
>({ taskQueue: 'urgent', startToCloseTimeout: '30s', retry });
export const registry = proxyActivities<Pick<QuarantineActivities, 'removeFrom' | 'readBack'>>({
  taskQueue: 'urgent',
  startToCloseTimeout: '10m',
  heartbeatTimeout: '30s',
  retry,
});

/** After it is confirmed: nothing waits for it, so it may wait for the keys. */
export const trust = proxyActivities<Pick<TrustActivities, 'attestIncidents'>>({
  taskQueue: 'trust',
  startToCloseTimeout: '2m',
  retry,
});

/** No write to a registry outlives this: an upload paused past its lease has failed or landed by then. */
export const LONGEST_WRITE_MS = 10_000;
/** Between looks at an incident whose subjects are not all confirmed. */
export const INCIDENT_INTERVAL = '2s';
/** Looks before an incident continues as new, to keep its history short. */
export const INCIDENT_LOOKS = 500;
