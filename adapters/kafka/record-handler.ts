import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { KafkaMessage } from 'kafkajs';
import { PermanentEventError } from '../../domain/events/event-error.ts';
import { topics } from '../../domain/events/topics.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import { createCounter, createHistogram } from '../telemetry/instruments.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { EventProducer } from './event-producer.ts';

export interface ConsumedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  /** Empty for a tombstone. */
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export type RecordHandler = (record: ConsumedRecord) => Promise<void>;

export interface DeadLetter {
  readonly record: ConsumedRecord;
  readonly code: string;
  readonly reason: string;
}

export interface RecordHandlerDependencies {
  readonly handle: RecordHandler;
  readonly producer: EventProducer;
  readonly onDeadLetter: (letter: DeadLetter) => Promise<void>;
  readonly logger: Logger;
}

/** kafkajs' message as ours: headers as text, the timestamp left to the metrics. */
export function toConsumedRecord(
  topic: string,
  partition: number,
  message: KafkaMessage,
): ConsumedRecord & { readonly timestampMs: number } {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) headers[name] = first.toString();
  }
  return {
    topic,
    partition,
    offset: message.offset,
    key: message.key,
    value: message.value ?? Buffer.alloc(0),
    headers,
    timestampMs: Number(message.timestamp),
  };
}

/** Handles a record inside a span that continues the producer's trace; a permanent error becomes a dead letter. */
export function createRecordHandler(deps: RecordHandlerDependencies) {
  const consumed = createCounter('pratique_kafka_consumed_records_total');
  const age = createHistogram('pratique_kafka_record_age_seconds');
  return async ({ timestampMs, ...record }: ReturnType<typeof toConsumedRecord>): Promise<void> => {
    const { topic } = record;
    age.record(Math.max(0, Date.now() - timestampMs) / 1000, { topic });
    const parent = propagation.extract(context.active(), record.headers);
    const span = trace
      .getTracer('pratique')
      .startSpan(`process ${topic}`, { kind: SpanKind.CONSUMER, attributes: attributesOf(record) }, parent);
    await context.with(trace.setSpan(parent, span), async () => {
      try {
        await deps.handle(record);
        consumed.add(1, { topic, outcome: 'handled' });
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : 'failed' });
        if (!(error instanceof PermanentEventError)) {
          consumed.add(1, { topic, outcome: 'transient-failure' });
          throw error;
        }
        await bury(deps, { record, code: error.code, reason: error.message });
        consumed.add(1, { topic, outcome: 'dead-letter' });
      } finally {
        span.end();
      }
    });
  };
}

/** Into the dead-letter topic, acknowledged, then to whoever keeps the list. Throws where either fails: tried again. */
async function bury(deps: RecordHandlerDependencies, letter: DeadLetter): Promise<void> {
  const { record, code, reason } = letter;
  await deps.producer.publish({
    topic: topics.deadLetters,
    key: record.key ?? '',
    value: record.value,
    headers: {
      ...record.headers,
      'dead-letter-topic': record.topic,
      'dead-letter-partition': String(record.partition),
      'dead-letter-offset': record.offset,
      'dead-letter-code': code,
      'dead-letter-reason': reason,
    },
  });
  await reach('consumer.dead-letter-sent', code);
  await deps.onDeadLetter(letter);
  deps.logger.warn(
    { topic: record.topic, partition: record.partition, offset: record.offset, code, reason },
    'dead letter',
  );
}

function attributesOf(record: ConsumedRecord) {
  return {
    'messaging.system': 'kafka',
    'messaging.destination.name': record.topic,
    'messaging.destination.partition.id': String(record.partition),
    'messaging.kafka.offset': Number(record.offset),
  };
}
