/** Lists the registry and starts what was missed, and keeps copies that quarantines still owe; run by a schedule, and by hand. */
import { patched, proxyActivities } from '@temporalio/workflow';
import type { KeepLaterActivities } from '../../activities/keep-later.ts';
import type { ReconcileActivities } from '../../activities/reconcile.ts';
import type { ReconcileReport } from '../../domain/artifact/reconcile.ts';

const { reconcileRegistry } = proxyActivities<ReconcileActivities>({
  taskQueue: 'inspect',
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '5s', maximumInterval: '1m', maximumAttempts: 10 },
});

/** Once: the next run is soon. */
const { keepLater } = proxyActivities<KeepLaterActivities>({
  taskQueue: 'inspect',
  startToCloseTimeout: '30m',
  heartbeatTimeout: '30s',
  retry: { maximumAttempts: 1 },
});

/** `actor`: who asked for it; a schedule names nobody. */
export async function reconcile(actor?: string): Promise<ReconcileReport> {
  // Where the registry can not be listed, what is owed is kept all the same.
  if (patched('keep-always'))
    try {
      return await reconcileRegistry(actor);
    } finally {
      await keepLater().catch(() => undefined);
    }
  const report = await reconcileRegistry(actor);
  if (patched('keep-later')) await keepLater().catch(() => undefined);
  return report;
}
