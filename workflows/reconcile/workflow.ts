/** Lists the registry and starts what was missed; run by a schedule, and by hand. */
import { proxyActivities } from '@temporalio/workflow';
import type { ReconcileActivities, ReconcileReport } from '../../activities/reconcile.ts';

const { reconcileRegistry } = proxyActivities<ReconcileActivities>({
  taskQueue: 'inspect',
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '5s', maximumInterval: '1m', maximumAttempts: 10 },
});

export async function reconcile(): Promise<ReconcileReport> {
  return reconcileRegistry();
}
