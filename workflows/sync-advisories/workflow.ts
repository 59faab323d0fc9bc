/** Brings in the feeds of the configuration; run by a schedule. What fails keeps the epoch of before, and is tried at the next. */
import { proxyActivities } from '@temporalio/workflow';
import type { AdvisoryActivities, SyncReport } from '../../activities/advisories.ts';

/** A feed that can not be read is an answer, not a failure: only a database that is away is tried again. */
const { syncAdvisories: run } = proxyActivities<Pick<AdvisoryActivities, 'syncAdvisories'>>({
  taskQueue: 'inspect',
  startToCloseTimeout: '30m',
  heartbeatTimeout: '2m',
  retry: { initialInterval: '5s', maximumInterval: '1m', maximumAttempts: 5 },
});

export async function syncAdvisories(): Promise<SyncReport> {
  return run();
}
