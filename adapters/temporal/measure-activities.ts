import { CancelledFailure } from '@temporalio/common';
import { isAbortError } from '@temporalio/common/lib/type-helpers.js';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { createHistogram } from '../telemetry/instruments.ts';

/** How long every try takes, and how it ends. The SDK lets in registered activities only, so that their names are few. */
export function measureActivities(): ActivityInterceptorsFactory {
  const duration = createHistogram('pratique_activity_duration_seconds');
  return ({ info, cancellationSignal }) => ({
    inbound: {
      async execute(input, next) {
        const begun = performance.now();
        let outcome: 'completed' | 'failed' | 'cancelled' = 'completed';
        try {
          return await next(input);
        } catch (error) {
          const isTold = error instanceof CancelledFailure || isAbortError(error);
          outcome = isTold && cancellationSignal.aborted ? 'cancelled' : 'failed';
          throw error;
        } finally {
          duration.record((performance.now() - begun) / 1000, { activity: info.activityType, outcome });
        }
      },
    },
  });
}
