import type { Consumer, Kafka } from 'kafkajs';
import type { Logger } from '../telemetry/logger.ts';
import { backoffOf } from './backoff.ts';
import type { EventProducer } from './event-producer.ts';
import { createPartitions } from './partitions.ts';
import type { DeadLetter, RecordHandler } from './record-handler.ts';

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
    const current = createMember(options);
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

function createMember({ kafka, groupId }: EventConsumerOptions): Consumer {
  return kafka.consumer({
    groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
    // One place decides about restarts, for errors kafkajs would restart from and for those it would not.
    retry: { retries: 5, restartOnFailure: async () => false },
  });
}
