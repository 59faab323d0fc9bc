import { OpenTelemetryActivityInboundInterceptor } from '@temporalio/interceptors-opentelemetry-v2/lib/worker/index.js';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { traceFields } from '../telemetry/logger.ts';
import { keepAlive } from './keep-alive.ts';
import { measureActivities } from './measure-activities.ts';

/** Continues the caller's trace in activities. Between the two it is carried by workflows/runtime/carry-trace.ts. */
const continueTrace: ActivityInterceptorsFactory = (context) => ({
  inbound: new OpenTelemetryActivityInboundInterceptor(context),
});

/** Inside of the activity's span: every line about the activity has its trace, also those that are written when it has ended. */
const nameTrace: ActivityInterceptorsFactory = () => {
  let fields: ReturnType<typeof traceFields> = {};
  return {
    inbound: {
      execute(input, next) {
        fields = traceFields();
        return next(input);
      },
    },
    outbound: { getLogAttributes: (attributes, next) => next({ ...attributes, ...fields }) },
  };
};

/** Around every activity of every worker of ours, the first outermost. Once per process, after `startTelemetry`. */
export function workerInterceptors(): { readonly activity: ActivityInterceptorsFactory[] } {
  return { activity: [keepAlive, measureActivities(), continueTrace, nameTrace] };
}
