import process from 'node:process';
import { trace } from '@opentelemetry/api';
import { type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

/** Names whose values never reach a log line, at the top of a line or one or two objects down. */
const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'cookie',
  'token',
  'accessToken',
  'secret',
  'sharedSecret',
  'password',
  'passphrase',
  'privateKey',
  'key.pem',
  'connectionString',
  'databaseUrl',
  'DATABASE_URL',
];

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
      redact: {
        paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[redacted]',
      },
      mixin: traceFields,
    },
    pino.destination({ fd: process.stderr.fd, sync: false }),
  );
}

function traceFields(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}
