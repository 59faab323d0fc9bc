import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '10s' });

/** The yardstick: six activities, one after another, that return at once. */
export async function reference(): Promise<void> {
  for (let step = 0; step < 6; step += 1) await nothing();
}
