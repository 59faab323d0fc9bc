import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { reach } from '../../domain/fault/fault-point.ts';
import { observeGauge } from '../telemetry/instruments.ts';
import { backoffOf } from './backoff.ts';
import { OffsetProgress } from './offset-progress.ts';
import { processInKeyOrder } from './process-in-key-order.ts';
import { createRecordHandler, type RecordHandlerDependencies, toConsumedRecord } from './record-handler.ts';

interface PartitionsOptions extends RecordHandlerDependencies {
  readonly concurrency: number;
}

const COMMIT_EVERY_MS = 1000;

interface Partition {
  readonly progress: OffsetProgress;
  failures: number;
  /** Records not handled yet, as of the last fetch. */
  lag: number;
}

/** What is known of each partition this member has; consumes their batches. */
export function createPartitions(options: PartitionsOptions) {
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
              await reach('consumer.handled', message.key?.toString() ?? message.offset);
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
