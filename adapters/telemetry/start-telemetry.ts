import type { IncomingMessage, ServerResponse } from 'node:http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { core, NodeSDK, resources, tracing } from '@opentelemetry/sdk-node';
import { within } from '../concurrency/within.ts';
import { observeProcess } from './process-metrics.ts';

export interface Telemetry {
  /** Answers a scrape in Prometheus' text format. */
  serveMetrics(request: IncomingMessage, response: ServerResponse): void;
  /** Sends what is still held; waits a few seconds at most. */
  shutdown(): Promise<void>;
}

export interface TelemetryOptions {
  /** `service.name` of spans and metrics: `pratique-gateway`. */
  readonly service: string;
  /** OTLP over HTTP, base address (`http://host:4318`). Absent: spans exist, so logs carry their ids, and go nowhere. */
  readonly otlpEndpoint?: string;
}

const SHUTDOWN_MS = 5000;

/**
 * Tracing with W3C trace context, and metrics for Prometheus. Call it before anything that makes instruments.
 * Spans are exported only where an OTLP endpoint is configured; a collector that is away costs nothing but the spans.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const prometheus = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true });
  const sdk = new NodeSDK({
    autoDetectResources: false,
    resource: resources.resourceFromAttributes({ 'service.name': options.service }),
    textMapPropagator: new core.CompositePropagator({
      propagators: [new core.W3CTraceContextPropagator(), new core.W3CBaggagePropagator()],
    }),
    metricReaders: [prometheus],
    spanProcessors: await spanProcessorsFor(options.otlpEndpoint),
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  const stopObserving = observeProcess();
  return {
    serveMetrics: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    shutdown: async () => {
      stopObserving();
      // A collector that is gone must not keep a service from ending.
      await within(SHUTDOWN_MS, sdk.shutdown(), () => undefined).catch(() => undefined);
    },
  };
}

async function spanProcessorsFor(endpoint: string | undefined): Promise<tracing.SpanProcessor[]> {
  // Without any processor the SDK makes no trace ids either, and then neither logs nor records have one to carry.
  if (endpoint === undefined) return [new tracing.NoopSpanProcessor()];
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  return [new tracing.BatchSpanProcessor(new OTLPTraceExporter({ url }))];
}
