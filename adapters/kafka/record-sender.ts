import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import { within } from '../concurrency/within.ts';
import { KafkaUnavailable, RecordTooLarge } from './kafka-error.ts';

export interface OutgoingRecord {
  readonly topic: string;
  /** What the record is about: equal keys share a partition, so their order holds. */
  readonly key: string | Uint8Array;
  readonly value: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
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

/** Sends in batches, one at a time: what arrives meanwhile is the next batch. Every record has its own deadline. */
export function createRecordSender(kafka: Kafka, deadlineMs: number) {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    // A send that is still being tried after its deadline holds up the next batch: keep the tail short.
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1000 },
  });
  const send = createBatchSend(producer, deadlineMs);
  const waiting: Waiting[] = [];
  let waitingBytes = 0;
  let sending: Promise<void> | undefined;

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
    enqueue: (record: OutgoingRecord, headers: Record<string, string>) =>
      new Promise<void>((resolve, reject) => {
        const value = Buffer.from(record.value);
        checkRoom(record.topic, value.length, waitingBytes);
        const item = createWaiting(record, value, headers, deadlineMs, (error) =>
          error === undefined ? resolve() : reject(error),
        );
        waiting.push(item);
        waitingBytes += value.length;
        sending ??= drain();
      }),
    close: async () => {
      // What Kafka has not confirmed by then, its callers have been told about.
      await within(
        deadlineMs,
        Promise.resolve(sending).then(() => producer.disconnect()),
        () => undefined,
      );
    },
  };
}

/** Never throws: each record of the batch is settled instead. Connects first, and again after a failed attempt. */
function createBatchSend(producer: Producer, deadlineMs: number) {
  let connected: Promise<void> | undefined;
  return async (batch: readonly Waiting[]): Promise<void> => {
    try {
      connected ??= producer.connect().catch((error: unknown) => {
        connected = undefined;
        throw error;
      });
      await connected;
      await producer.sendBatch({ acks: -1, timeout: deadlineMs, topicMessages: byTopic(batch) });
      for (const item of batch) item.settle();
    } catch (cause) {
      for (const item of batch)
        item.settle(new KafkaUnavailable('Kafka did not take the record; send it again', { cause }));
    }
  };
}

function checkRoom(topic: string, bytes: number, waitingBytes: number): void {
  if (bytes > MAX_RECORD_BYTES)
    throw new RecordTooLarge(`a record for ${topic} has ${bytes} bytes; at most ${MAX_RECORD_BYTES}`);
  if (waitingBytes + bytes > MAX_WAITING_BYTES)
    throw new KafkaUnavailable('too much is already waiting for Kafka; send it again later');
}

function createWaiting(
  record: OutgoingRecord,
  value: Buffer,
  headers: Record<string, string>,
  deadlineMs: number,
  settle: (error?: Error) => void,
): Waiting {
  const timer = setTimeout(() => {
    item.abandoned = true;
    settle(new KafkaUnavailable(`Kafka did not confirm within ${deadlineMs} ms; send it again`));
  }, deadlineMs);
  const item: Waiting = {
    topic: record.topic,
    key: Buffer.from(record.key),
    value,
    headers,
    abandoned: false,
    settle: (error) => {
      clearTimeout(timer);
      settle(error);
    },
  };
  return item;
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
