import { type ActivityOptions, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { InspectActivities } from '../../activities/inspect.ts';
import type { PipelineActivities } from '../../activities/pipeline.ts';
import type { TrustActivities } from '../../activities/trust/activities.ts';

/** Quick tries for a blip; patience is the workflow's (runtime/persistent-step.ts). */
const retry: NonNullable<ActivityOptions['retry']> = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '10s',
  maximumAttempts: 4,
};

/** Postgres and one manifest: seconds at most. */
export const pipeline = proxyActivities<PipelineActivities>({
  taskQueue: 'control',
  startToCloseTimeout: '30s',
  retry,
});

/** Postgres alone, quick as long as that is well: one try where the workflow runs (runtime/close-here.ts). */
export const closing = proxyLocalActivities<Pick<PipelineActivities, 'concludeGeneration'>>({
  // Within the time of a task of the workflow, so that none has to be asked for only to keep it.
  startToCloseTimeout: '7s',
  retry: { maximumAttempts: 1 },
});

/** A note for people: not worth stopping for. */
export const notes = proxyLocalActivities<Pick<PipelineActivities, 'reportPhase'>>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 2 },
});

/** Gigabytes may have to be read; a worker that died is noticed by its heartbeat. */
export const inspection = proxyActivities<InspectActivities>({
  taskQueue: 'inspect',
  startToCloseTimeout: '30m',
  heartbeatTimeout: '30s',
  retry,
});

/** Reads, signs and attaches a few documents. */
export const trust = proxyActivities<TrustActivities>({
  taskQueue: 'trust',
  startToCloseTimeout: '5m',
  heartbeatTimeout: '30s',
  retry,
});

/** How long the registry may say 404 for something it just told us of. */
export const MISSING_PATIENCE_SECONDS = 600;
/** Between looks at a registry that says 404. */
export const MISSING_INTERVAL_MS = 5000;
/** How long an untagged image waits for an index or a tag that names it. */
export const UNTAGGED_PATIENCE_SECONDS = 10;
