import type { Admin, Kafka } from 'kafkajs';

export interface TopicLag {
  topic: string;
  /** Records the group has not committed. */
  lag: number;
}

export interface KafkaInspector {
  /** Whether a broker answers within two seconds; the answer is kept that long. */
  isHealthy(): Promise<boolean>;
  /** Throws where Kafka does not answer. */
  lag(groupId: string, topics: readonly string[]): Promise<TopicLag[]>;
  close(): Promise<void>;
}

const PATIENCE_MS = 2000;

/** Looks, and changes nothing. */
export function createKafkaInspector(kafka: Kafka): KafkaInspector {
  const admin = kafka.admin({ retry: { retries: 0 } });
  let connected: Promise<void> | undefined;
  let last: { at: number; healthy: Promise<boolean> } | undefined;
  const ask = async <T>(question: (admin: Admin) => Promise<T>): Promise<T> => {
    connected ??= admin.connect().catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    await connected;
    return question(admin);
  };
  return {
    isHealthy: () => {
      if (last === undefined || performance.now() - last.at > PATIENCE_MS) {
        const asked = ask((connection) => connection.describeCluster()).then(
          (cluster) => cluster.brokers.length > 0,
          () => false,
        );
        last = { at: performance.now(), healthy: Promise.race([asked, falseLater()]) };
      }
      return last.healthy;
    },
    lag: (groupId, topics) => ask((connection) => lagOf(connection, groupId, topics)),
    close: () => admin.disconnect(),
  };
}

function falseLater(): Promise<boolean> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, false).unref());
}

async function lagOf(admin: Admin, groupId: string, topics: readonly string[]): Promise<TopicLag[]> {
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
  const lags: TopicLag[] = [];
  for (const { topic, partitions } of committed) {
    const ends = new Map((await admin.fetchTopicOffsets(topic)).map((end) => [end.partition, end]));
    const lag = partitions.reduce((sum, { partition, offset }) => {
      const end = ends.get(partition);
      // -1: nothing was ever committed, so everything that is still there waits.
      const from = offset === '-1' ? Number(end?.low ?? 0) : Number(offset);
      return sum + Math.max(0, Number(end?.high ?? 0) - from);
    }, 0);
    lags.push({ topic, lag });
  }
  return lags;
}
