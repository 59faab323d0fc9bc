import { resources, tracing } from '@opentelemetry/sdk-node';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry-v2/lib/client/index.js';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry-v2/lib/worker/index.js';
import type { WorkerOptions } from '@temporalio/worker';

/** Puts the caller's trace into the headers of what it starts. */
export function clientInterceptors() {
  return { workflow: [new OpenTelemetryWorkflowClientInterceptor()] };
}

/** Continues that trace in activities, and exports the spans workflows make. */
export function workerTracing(
  service: string,
  processor: tracing.SpanProcessor = new tracing.NoopSpanProcessor(),
): Pick<WorkerOptions, 'interceptors' | 'sinks'> {
  return {
    interceptors: {
      activity: [
        (context) => ({
          inbound: new OpenTelemetryActivityInboundInterceptor(context),
          outbound: new OpenTelemetryActivityOutboundInterceptor(context),
        }),
      ],
    },
    sinks: {
      exporter: makeWorkflowExporter(processor, resources.resourceFromAttributes({ 'service.name': service })),
    } as unknown as NonNullable<WorkerOptions['sinks']>,
  };
}
