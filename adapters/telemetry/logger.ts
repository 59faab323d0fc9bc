import process from 'node:process';
import { trace } from '@opentelemetry/api';
import { type Logger as PinoLogger, pino } from 'pino';
import { censor, redactLine, secretFields } from './redact-line.ts';

export type Logger = PinoLogger;

/**
 * JSON lines on stderr (stdout is for results), with the trace they belong to on every line written inside a span.
 * `level` is pino's: trace, debug, info, warn, error, fatal, silent.
 */
export function createLogger(service: string, level = 'info'): Logger {
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Whole objects under these names; strings, at any depth and inside of texts, are found in the line itself.
      redact: { paths: secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor },
      hooks: { streamWrite: redactLine },
      mixin: traceFields,
    },
    pino.destination({ fd: process.stderr.fd, sync: false }),
  );
}

/** `trace_id` and `span_id` of the span that is active here; nothing outside of one. */
export function traceFields(): Readonly<Record<string, string>> {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}
