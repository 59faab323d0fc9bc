import type { ConnectionOptions } from 'node:tls';
import { Kafka, type LogEntry, logLevel, type SASLOptions } from 'kafkajs';
import type { Logger } from '../telemetry/logger.ts';
import { calmRequestQueues } from './calm-request-queue.ts';

/** Where the brokers are, and who we are to them. */
export interface KafkaSettings {
  /** `host:port` of any of the cluster's brokers. */
  readonly brokers: readonly string[];
  /** Absent: plain text. */
  readonly tls?: ConnectionOptions;
  readonly sasl?: SASLOptions;
}

export interface KafkaOptions extends KafkaSettings {
  readonly clientId: string;
}

const CONNECTION_TIMEOUT_MS = 3000;
const REQUEST_TIMEOUT_MS = 10_000;

/** A client with bounded connection and request times; connects to nothing yet. */
export function connectKafka(options: KafkaOptions, logger: Logger): Kafka {
  calmRequestQueues();
  return new Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    logLevel: logLevel.INFO,
    logCreator: () => createLog(logger),
    ...(options.tls === undefined ? {} : { ssl: options.tls }),
    ...(options.sasl === undefined ? {} : { sasl: options.sasl }),
  });
}

// While a broker is away kafkajs reports every attempt of every connection.
const QUIET_MS = 10_000;

/**
 * kafkajs calls "error" what it is about to try again; what really fails is thrown, and logged by who asked. The first
 * of a burst is a warning, the rest is for debugging.
 */
function createLog(logger: Logger): (entry: LogEntry) => void {
  let quietUntil = 0;
  return ({ log, level, namespace }) => {
    const { message, error, groupId } = log as LogEntry['log'] & { error?: unknown; groupId?: unknown };
    const fields = { kafka: namespace, groupId, error };
    if (level === logLevel.ERROR && performance.now() >= quietUntil) {
      quietUntil = performance.now() + QUIET_MS;
      logger.warn(fields, message);
    } else logger.debug(fields, message);
  };
}
