// ConfigResourceTypes is no export that Node finds by name in the CommonJS of kafkajs.

import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { within } from '../concurrency/within.ts';

export interface TopicLag {
  topic: string;
  /** Records the group has not committed. */
  lag: number;
}

/** How well the records of a topic are kept. */
export interface TopicFacts {
  readonly topic: string;
  /** Empty where the topic is missing. */
  readonly partitions: readonly { readonly replicas: number; readonly inSync: number }[];
  /** `min.insync.replicas`; 0 where the topic is missing. */
  readonly minInsync: number;
}

export interface KafkaInspector {
  /** Whether a broker answers within two seconds; the answer is kept that long. */
  isHealthy(): Promise<boolean>;
  /** Throws where Kafka does not answer. */
  lag(groupId: string, topics: readonly string[]): Promise<TopicLag[]>;
  /** Throws where Kafka does not answer. */
  describe(topics: readonly string[]): Promise<{ readonly brokers: number; readonly topics: readonly TopicFacts[] }>;
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
        last = { at: performance.now(), healthy: within(PATIENCE_MS, asked, () => false) };
      }
      return last.healthy;
    },
    lag: (groupId, topics) => ask((connection) => lagOf(connection, groupId, topics)),
    describe: (topics) => ask((connection) => describeTopics(connection, topics)),
    close: () => admin.disconnect(),
  };
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

async function describeTopics(admin: Admin, wanted: readonly string[]) {
  const { brokers } = await admin.describeCluster();
  const there = new Set(await admin.listTopics());
  const names = wanted.filter((topic) => there.has(topic));
  const metadata = names.length === 0 ? [] : (await admin.fetchTopicMetadata({ topics: names })).topics;
  const minimums = await readMinimums(admin, names);
  return {
    brokers: brokers.length,
    topics: wanted.map((topic) => ({
      topic,
      partitions: (metadata.find(({ name }) => name === topic)?.partitions ?? []).map(({ replicas, isr }) => ({
        replicas: replicas.length,
        inSync: isr.length,
      })),
      minInsync: minimums.get(topic) ?? 0,
    })),
  };
}

async function readMinimums(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (topics.length === 0) return new Map();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ['min.insync.replicas'],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [resourceName, Number(configEntries[0]?.configValue ?? 0)]),
  );
}
