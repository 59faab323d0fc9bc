import { type ITopicConfig, Kafka, logLevel } from 'kafkajs';
import { topics } from '../../domain/events/topics.ts';
import type { Log } from './part.ts';

const DAY_MS = 24 * 3_600_000;

interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  readonly settings: Readonly<Record<string, string>>;
}

// The gateway takes bodies of up to 1 MiB; the event around one, with its headers, is larger than Kafka's default.
const intake = { 'retention.ms': String(7 * DAY_MS), 'max.message.bytes': String(2 * 1024 * 1024) };
const kept = { 'retention.ms': String(30 * DAY_MS), 'max.message.bytes': String(2 * 1024 * 1024) };

/** Every topic, its partitions and settings; docker-compose.yml holds the same (a test compares). */
export const topicPlans: readonly TopicPlan[] = [
  { topic: topics.events, partitions: 8, settings: intake },
  { topic: topics.urgent, partitions: 2, settings: intake },
  { topic: topics.outcomes, partitions: 8, settings: kept },
  { topic: topics.deadLetters, partitions: 2, settings: kept },
];

function creation(plan: TopicPlan): ITopicConfig {
  return {
    topic: plan.topic,
    numPartitions: plan.partitions,
    replicationFactor: 1,
    configEntries: Object.entries(plan.settings).map(([name, value]) => ({ name, value })),
  };
}

/** Creates what is missing; topics that are there stay as they are, and one with too few partitions is reported. */
export async function ensureTopics(brokers: string, log: Log): Promise<void> {
  const admin = new Kafka({
    clientId: 'pratique-topics',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
  }).admin();
  await admin.connect();
  try {
    const present = new Set(await admin.listTopics());
    const missing = topicPlans.filter((plan) => !present.has(plan.topic));
    if (missing.length > 0) await admin.createTopics({ topics: missing.map(creation), waitForLeaders: true });
    const { topics: found } = await admin.fetchTopicMetadata({ topics: topicPlans.map((plan) => plan.topic) });
    for (const plan of topicPlans) {
      const partitions = found.find((topic) => topic.name === plan.topic)?.partitions.length ?? 0;
      if (partitions < plan.partitions)
        log(`kafka: ${plan.topic} has ${partitions} partitions, ${plan.partitions} are wanted`);
    }
  } finally {
    await admin.disconnect();
  }
}
