/** Keeps the histories of closed workflows before Temporal forgets them; run by a schedule. */
import { proxyActivities } from '@temporalio/workflow';
import type { ExportHistoriesActivities, ExportReport } from '../../activities/export-histories.ts';

/** The first export of a long-lived namespace has days to catch up with: it goes on where a try stopped. */
const activities = proxyActivities<ExportHistoriesActivities>({
  taskQueue: 'inspect',
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '5s', maximumInterval: '1m', maximumAttempts: 10 },
});

export async function exportHistories(): Promise<ExportReport> {
  return activities.exportHistories();
}
