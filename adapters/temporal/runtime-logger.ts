/** What Temporal's SDK and its native core say, as lines of our log: else both write texts of their own to stderr. */
import process from 'node:process';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { ApplicationFailure } from '@temporalio/common';
import { type LogLevel, Runtime } from '@temporalio/worker';
import type { Logger } from '../telemetry/logger.ts';

/** What the SDK tells of every start and end is for those who look for something. */
const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/**
 * Once per process, before the first connection of a worker. The SDK holds its lines back for a tenth of a second, to bring
 * those of its core into order, so `time` is so much later; what is held is written where the process ends by itself.
 */
export function installRuntimeLogger(logger: Logger): void {
  // Held back, a line is written outside of the span it belongs to, or inside of another one: it brings its own trace.
  const log = (level: LogLevel, message: string, meta?: object) =>
    context.with(ROOT_CONTEXT, () => logger[levels[level]](fieldsOf(meta), message));
  const at = (level: LogLevel) => (message: string, meta?: object) => log(level, message, meta);
  const runtime = Runtime.install({
    shutdownSignals: [],
    logger: { log, trace: at('TRACE'), debug: at('DEBUG'), info: at('INFO'), warn: at('WARN'), error: at('ERROR') },
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
  });
  // Before the log itself is emptied, which is done at the same moment.
  process.prependListener('exit', () => runtime.flushLogs());
}

/** An error goes where the log serialises errors; the task's token, with which anybody could end the activity, nowhere. */
function fieldsOf(meta: object = {}): object {
  const { error, taskToken: _, ...rest } = meta as { error?: unknown; taskToken?: unknown };
  if (error === undefined) return rest;
  return { ...rest, err: error, ...(error instanceof ApplicationFailure ? { code: error.type } : {}) };
}
