/** What new advisories change is found, told and judged again: run when an epoch is activated, and by a schedule. */
import { proxyActivities } from '@temporalio/workflow';
import type { AdvisoryActivities } from '../../activities/advisories.ts';
import type { RescanReport } from '../../domain/advisory/rescan-book.ts';

/** After an upgrade everything has to be read once; a try goes on where the one before stopped. */
const { rescan: run } = proxyActivities<Pick<AdvisoryActivities, 'rescan'>>({
  taskQueue: 'inspect',
  startToCloseTimeout: '1h',
  heartbeatTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});

export async function rescan(): Promise<RescanReport> {
  return run();
}
