/** Takes in what runs already, reference by reference; everything it decides is in Postgres. */
import { proxyActivities } from '@temporalio/workflow';
import type { ImportActivities } from '../../activities/import.ts';

/** Fifty thousand references against a slow registry take hours; a try goes on where the one before stopped. */
const { takeInImport } = proxyActivities<ImportActivities>({
  taskQueue: 'inspect',
  startToCloseTimeout: '12h',
  heartbeatTimeout: '5m',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});

export async function importRunning({ id }: { readonly id: string }): Promise<void> {
  await takeInImport(id);
}
