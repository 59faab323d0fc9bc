import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { BuildActivities } from '../../activities/build.ts';
import type { RebuildActivities } from '../../activities/rebuild.ts';

const retry: NonNullable<ActivityOptions['retry']> = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  maximumAttempts: 4,
};

export const book = proxyActivities<Pick<RebuildActivities, 'planRebuild' | 'recordBuilding' | 'failRebuild'>>({
  taskQueue: 'control',
  startToCloseTimeout: '30s',
  retry,
});

/** Compares gigabytes at worst. */
export const conclusion = proxyActivities<Pick<RebuildActivities, 'concludeRebuild'>>({
  taskQueue: 'inspect',
  startToCloseTimeout: '30m',
  heartbeatTimeout: '30s',
  retry,
});

/** Recipes have a limit of their own; a builder that died is noticed by its heartbeat. A failing recipe is not run again and again. */
export const builder = proxyActivities<BuildActivities>({
  taskQueue: 'build',
  startToCloseTimeout: '3h',
  heartbeatTimeout: '60s',
  scheduleToStartTimeout: '1h',
  retry: { ...retry, maximumAttempts: 3 },
});
