/** What every service is told about itself as a process: its log, its telemetry, its health, its end. */
import { z } from 'zod';
import { port, text } from './variable-kinds.ts';

export const processVariables = {
  PRATIQUE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('the least a line of the log must be: trace, debug, info, warn, error, fatal or silent'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url()
    .optional()
    .describe('base address of an OpenTelemetry collector (OTLP over HTTP); unset, no span leaves the process'),
  PRATIQUE_ADMIN_PORT: port.default(0).describe('port of /healthz and /metrics; 0 takes a free one and logs it'),
  PRATIQUE_ADMIN_HOST: text
    .default('127.0.0.1')
    .describe('address /healthz and /metrics listen on; 0.0.0.0 where a probe comes from another host'),
  PRATIQUE_SHUTDOWN_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(600)
    .default(25)
    .describe('the longest a stop may take before the process ends as it is; less than what its supervisor waits'),
} as const;

/** What `runMain`, the log, the telemetry and the admin server of a service take. */
export function readProcess(read: z.output<z.ZodObject<typeof processVariables>>) {
  return {
    logLevel: read.PRATIQUE_LOG_LEVEL,
    telemetry: read.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? {} : { otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT },
    admin: { host: read.PRATIQUE_ADMIN_HOST, port: read.PRATIQUE_ADMIN_PORT },
    shutdownSeconds: read.PRATIQUE_SHUTDOWN_SECONDS,
  };
}
