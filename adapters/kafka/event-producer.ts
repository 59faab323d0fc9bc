import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type Kafka, Partitioners } from 'kafkajs';
import { createHistogram } from '../telemetry/instruments.ts';
import { KafkaUnavailable, RecordTooLarge } from './kafka-error.ts';

export interface EventRecord {
  readonly topic: string;
  /** What the record is about: equal keys share a partition, so their order holds. */
  readonly key: string | Uint8Array;
  readonly value: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface EventProducer {
  /**
   * Resolves when every in-sync replica has the record. Throws KafkaUnavailable at the deadline at the latest; the
   * record may still arrive afterwards, which is why event ids are deterministic. Throws RecordTooLarge at once.
   */
  publish(record: EventRecord): Promise<void>;
  /** Waits for what is under way, as long as its deadlines allow. */
  close(): Promise<void>;
}

export interface EventProducerOptions {
  readonly kafka: Kafka;
  /** From `publish` to an answer, at most. */
  readonly deadlineMs: number;
}

/** Kafka's default `message.max.bytes` is 1 MiB with the batch's overhead. */
const MAX_RECORD_BYTES = 1_000_000;
const MAX_BATCH_RECORDS = 500;
const MAX_BATCH_BYTES = MAX_RECORD_BYTES;
/** Beyond this many bytes waiting, Kafka is behind: the caller should hear so now. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

interface Waiting {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Record<string, string>;
  readonly settle: (error?: Error) => void;
  abandoned: boolean;
}

/**
 * A producer that batches what arrives while the previous send is under way, and never outlives a deadline.
 * It is not kafkajs's idempotent producer: that one retries for ever when the broker goes away.
 */
export function createEventProducer(options: EventProducerOptions): EventProducer {
  const duration = createHistogram('pratique_kafka_publish_duration');
  const sender = createSender(options.kafka, options.deadlineMs);
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
function headersOf(record: EventRecord, span: Span): Record<string, string> {
  const headers = { ...record.headers };
  propagation.inject(trace.setSpan(context.active(), span), headers);
  return headers;
}

function createSender(kafka: Kafka, deadlineMs: number) {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    // A send that is still being tried after its deadline holds up the next batch: keep the tail short.
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1000 },
  });
  const waiting: Waiting[] = [];
  let waitingBytes = 0;
  let connected: Promise<void> | undefined;
  let sending: Promise<void> | undefined;

  const connect = () => {
    connected ??= producer.connect().catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };

  const send = async (batch: readonly Waiting[]) => {
    try {
      await connect();
      await producer.sendBatch({ acks: -1, timeout: deadlineMs, topicMessages: byTopic(batch) });
      for (const item of batch) item.settle();
    } catch (cause) {
      for (const item of batch)
        item.settle(new KafkaUnavailable('Kafka did not take the record; send it again', { cause }));
    }
  };

  const drain = async () => {
    // One turn of the event loop lets the requests that arrived together travel together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = takeBatch(waiting);
      waitingBytes -= batch.reduce((sum, item) => sum + item.value.length, 0);
      const live = batch.filter((item) => !item.abandoned);
      if (live.length > 0) await send(live);
    }
    sending = undefined;
  };

  return {
    enqueue: (record: EventRecord, headers: Record<string, string>) =>
      new Promise<void>((resolve, reject) => {
        const value = Buffer.from(record.value);
        if (value.length > MAX_RECORD_BYTES)
          throw new RecordTooLarge(
            `a record for ${record.topic} has ${value.length} bytes; at most ${MAX_RECORD_BYTES}`,
          );
        if (waitingBytes + value.length > MAX_WAITING_BYTES)
          throw new KafkaUnavailable('too much is already waiting for Kafka; send it again later');
        const timer = setTimeout(() => {
          item.abandoned = true;
          reject(new KafkaUnavailable(`Kafka did not confirm within ${deadlineMs} ms; send it again`));
        }, deadlineMs);
        const item: Waiting = {
          topic: record.topic,
          key: Buffer.from(record.key),
          value,
          headers,
          abandoned: false,
          settle: (error) => {
            clearTimeout(timer);
            if (error === undefined) resolve();
            else reject(error);
          },
        };
        waiting.push(item);
        waitingBytes += value.length;
        sending ??= drain();
      }),
    close: async () => {
      await sending;
      await producer.disconnect();
    },
  };
}

function takeBatch(waiting: Waiting[]): Waiting[] {
  let bytes = 0;
  let count = 0;
  for (const item of waiting) {
    bytes += item.value.length;
    if (count > 0 && (bytes > MAX_BATCH_BYTES || count >= MAX_BATCH_RECORDS)) break;
    count += 1;
  }
  return waiting.splice(0, count);
}

function byTopic(batch: readonly Waiting[]) {
  const topics = Map.groupBy(batch, (item) => item.topic);
  return [...topics].map(([topic, items]) => ({
    topic,
    messages: items.map(({ key, value, headers }) => ({ key, value, headers })),
  }));
}
