import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Kafka } from 'kafkajs';
import { createHistogram } from '../telemetry/instruments.ts';
import { createRecordSender, type OutgoingRecord } from './record-sender.ts';

export interface EventProducer {
  /**
   * Resolves when every in-sync replica has the record. Throws KafkaUnavailable at the deadline at the latest; the
   * record may still arrive afterwards, which is why event ids are deterministic. Throws RecordTooLarge at once.
   */
  publish(record: OutgoingRecord): Promise<void>;
  /** Waits for what is under way, as long as its deadlines allow. */
  close(): Promise<void>;
}

export interface EventProducerOptions {
  readonly kafka: Kafka;
  /** From `publish` to an answer, at most. */
  readonly deadlineMs: number;
}

/**
 * A producer that batches what arrives while the previous send is under way, and never outlives a deadline.
 * It is not kafkajs's idempotent producer: that one retries for ever when the broker goes away.
 */
export function createEventProducer(options: EventProducerOptions): EventProducer {
  const duration = createHistogram('pratique_kafka_publish_duration_seconds');
  const sender = createRecordSender(options.kafka, options.deadlineMs);
  return {
    publish: async (record) => {
      const started = performance.now();
      const tracer = trace.getTracer('pratique');
      const attributes = { 'messaging.system': 'kafka', 'messaging.destination.name': record.topic };
      const span = tracer.startSpan(`publish ${record.topic}`, { kind: SpanKind.PRODUCER, attributes });
      let outcome = 'acknowledged';
      try {
        await sender.enqueue(record, headersOf(record, span));
      } catch (error) {
        outcome = 'failed';
        span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
        throw error;
      } finally {
        span.end();
        duration.record((performance.now() - started) / 1000, { topic: record.topic, outcome });
      }
    },
    close: () => sender.close(),
  };
}

/** The record's own headers, with the trace context of its span in W3C form. */
function headersOf(record: OutgoingRecord, span: Span): Record<string, string> {
  const headers = { ...record.headers };
  propagation.inject(trace.setSpan(context.active(), span), headers);
  return headers;
}
