/** What somebody runs who reaches Temporal and has a worker of their own: any activity, on any queue, with any arguments. */
import { proxyActivities } from '@temporalio/workflow';

export interface Errand {
  readonly queue: string;
  readonly activity: string;
  readonly args: readonly unknown[];
}

export async function errand({ queue, activity, args }: Errand): Promise<unknown> {
  const activities = proxyActivities<Record<string, (...args: unknown[]) => Promise<unknown>>>({
    taskQueue: queue,
    startToCloseTimeout: '60s',
    retry: { maximumAttempts: 1 },
  });
  return activities[activity]?.(...args);
}
