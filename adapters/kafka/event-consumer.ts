import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { observeGauge } from '../telemetry/instruments.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { EventProducer } from './event-producer.ts';
import { OffsetProgress } from './offset-progress.ts';
import { processInKeyOrder } from './process-in-key-order.ts';
import { createRecordHandler, type DeadLetter, type RecordHandler, toConsumedRecord } from './record-handler.ts';

export interface EventConsumerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  /**
   * Returns when the record's effect is stored. Throws PermanentEventError (EventError is one) where trying again is
   * useless; anything else is tried again until it works. Called again after a crash: it must be idempotent.
   */
  readonly handle: RecordHandler;
  /** Records of one partition handled at once. */
  readonly concurrency: number;
  /** Sends dead letters. */
  readonly producer: EventProducer;
  /** Called after the dead-letter topic has the record and before its offset is committed; idempotent too. */
  readonly onDeadLetter: (letter: DeadLetter) => Promise<void>;
  readonly logger: Logger;
}

export interface EventConsumer {
  /** Returns at once; connects, and connects again, for as long as it takes. */
  start(): void;
  /** True while it is a member of its group. */
  isRunning(): boolean;
  /** Lets what is under way finish, commits it, leaves the group. */
  stop(): Promise<void>;
}

// A killed process is waited for this long before its successor gets its partitions: kafkajs has no static membership.
const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 3000;
const PARTITIONS_AT_ONCE = 4;
const COMMIT_EVERY_MS = 1000;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;

/** See EventConsumerOptions.handle for the contract. Starts at the first record a new group has not seen. */
export function createEventConsumer(options: EventConsumerOptions): EventConsumer {
  const partitions = createPartitions(options);
  let consumer: Consumer | undefined;
  let restart: NodeJS.Timeout | undefined;
  let stopping = false;
  let running = false;
  let crashes = 0;

  const restartLater = (error: unknown) => {
    running = false;
    if (stopping) return;
    crashes += 1;
    const delay = backoffOf(crashes);
    options.logger.warn({ err: error, groupId: options.groupId, delay }, 'the Kafka consumer stopped; it starts again');
    restart = setTimeout(() => void run(), delay);
  };

  const run = async () => {
    const current = options.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: 500,
      // One place decides about restarts, for errors kafkajs would restart from and for those it would not.
      retry: { retries: 5, restartOnFailure: async () => false },
    });
    consumer = current;
    current.on(current.events.GROUP_JOIN, () => {
      running = true;
      crashes = 0;
      partitions.forget();
    });
    current.on(current.events.CRASH, ({ payload }) => restartLater(payload.error));
    try {
      await current.connect();
      await current.subscribe({ topics: [...options.topics], fromBeginning: true });
      await current.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
        eachBatch: (payload) => partitions.consume(payload),
      });
      if (stopping) await current.disconnect();
    } catch (error) {
      await current.disconnect().catch(() => undefined);
      restartLater(error);
    }
  };

  return {
    start: () => void run(),
    isRunning: () => running,
    stop: async () => {
      stopping = true;
      running = false;
      clearTimeout(restart);
      await consumer?.disconnect();
      partitions.close();
    },
  };
}

interface Partition {
  readonly progress: OffsetProgress;
  failures: number;
  /** Records not handled yet, as of the last fetch. */
  lag: number;
}

function createPartitions(options: EventConsumerOptions) {
  const states = new Map<string, Partition>();
  const handle = createRecordHandler(options);
  const stopObserving = observeGauge('pratique_kafka_consumer_lag', (result) => {
    for (const [name, state] of states) {
      const slash = name.lastIndexOf('/');
      result.observe(state.lag, { topic: name.slice(0, slash), partition: name.slice(slash + 1) });
    }
  });
  const stateOf = (topic: string, partition: number): Partition => {
    const name = `${topic}/${partition}`;
    const state = states.get(name) ?? { progress: new OffsetProgress(), failures: 0, lag: 0 };
    states.set(name, state);
    return state;
  };

  return {
    // Another member may have moved on while this one was away: what it remembers is only an economy.
    forget: () => states.clear(),
    close: stopObserving,
    consume: async (payload: EachBatchPayload) => {
      const { topic, partition, messages } = payload.batch;
      const state = stateOf(topic, partition);
      state.lag =
        Number(payload.batch.highWatermark) - Number(payload.batch.firstOffset() ?? payload.batch.highWatermark);
      const outcome = await withUpkeep(payload, state, (mayContinue) =>
        processInKeyOrder(
          messages.filter((message) => !state.progress.isDone(message.offset)),
          {
            limit: options.concurrency,
            keyOf: (message: KafkaMessage) => message.key?.toString('latin1'),
            mayContinue,
            handle: async (message: KafkaMessage) => {
              await handle(toConsumedRecord(topic, partition, message));
              state.progress.markDone(message.offset);
            },
          },
        ),
      );
      if (outcome.outcome !== 'failed') {
        state.failures = 0;
        return;
      }
      state.failures += 1;
      const delay = backoffOf(state.failures);
      options.logger.warn({ err: outcome.error, topic, partition, delay }, 'a record could not be handled; paused');
      const resume = payload.pause();
      setTimeout(resume, delay).unref();
    },
  };
}

/** Heartbeats and commits while `act` runs; commits what is done at the end. Throws what kafkajs wants to hear of. */
async function withUpkeep<T>(
  payload: EachBatchPayload,
  state: Partition,
  act: (mayContinue: () => boolean) => Promise<T>,
): Promise<T> {
  const { topic, partition, messages, highWatermark } = payload.batch;
  let position = 0;
  let lost: { error: unknown } | undefined;
  const commit = async () => {
    const head = state.progress.takeHead(messages.slice(position).map((message) => message.offset));
    if (head === undefined) return;
    position = messages.findIndex((message) => message.offset === head) + 1;
    payload.resolveOffset(head);
    const offset = String(BigInt(head) + 1n);
    await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
    state.lag = Math.max(0, Number(highWatermark) - Number(offset));
  };
  let upkeep: Promise<void> | undefined;
  const timer = setInterval(() => {
    upkeep ??= Promise.all([payload.heartbeat(), commit()])
      .then(() => undefined)
      // A rebalance: this member may no longer own the partition.
      .catch((error: unknown) => {
        lost = { error };
      })
      .finally(() => {
        upkeep = undefined;
      });
  }, COMMIT_EVERY_MS);
  try {
    const result = await act(() => lost === undefined && payload.isRunning() && !payload.isStale());
    await upkeep;
    if (lost !== undefined) {
      // While the group rebalances the old member's commits still count: what they save need not be done again.
      await commit().catch(() => undefined);
      throw lost.error;
    }
    await commit();
    return result;
  } finally {
    clearInterval(timer);
  }
}

function backoffOf(failures: number): number {
  const full = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
  return full * (0.75 + Math.random() / 4);
}
