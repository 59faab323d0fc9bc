import type { TopicFacts } from '../../../adapters/kafka/kafka-inspector.ts';
import { plural } from '../../../domain/plural.ts';
import type { Finding, ServerCheck } from './check.ts';

/** Copies of each record; with two of them in sync, one broker may end and nothing is lost. */
const REPLICAS = 3;
const IN_SYNC = 2;

export function judgeTopics(brokers: number, topics: readonly TopicFacts[]): Finding[] {
  return topics.map((topic) => judgeTopic(brokers, topic));
}

function judgeTopic(brokers: number, { topic, partitions, minInsync }: TopicFacts): Finding {
  if (partitions.length === 0)
    return {
      level: 'fail',
      says: `${topic}: is missing`,
      next: 'run the preparation again, which makes it, or make it by hand with the settings of infra/dev/kafka-topics.ts',
    };
  const replicas = Math.min(...partitions.map((partition) => partition.replicas));
  const inSync = Math.min(...partitions.map((partition) => partition.inSync));
  const says = `${topic}: ${replicas} replicas, ${inSync} in sync, min.insync.replicas ${minInsync}`;
  if (inSync < minInsync)
    return { level: 'fail', says, next: 'bring back the brokers that are away: nothing can be written now' };
  if (inSync < replicas)
    return {
      level: 'warn',
      says,
      next: 'bring back the brokers that are away: records have fewer copies than they should',
    };
  if (replicas >= REPLICAS && minInsync >= IN_SYNC) return { level: 'ok', says };
  const next =
    brokers < REPLICAS
      ? `with ${plural(brokers, 'broker')}, a lost disk loses accepted events: run ${REPLICAS}, with replication.factor ${REPLICAS} and min.insync.replicas ${IN_SYNC}`
      : `raise it to replication.factor ${REPLICAS} and min.insync.replicas ${IN_SYNC} (kafka-reassign-partitions.sh, kafka-configs.sh)`;
  return { level: 'warn', says, next };
}

export const check: ServerCheck = {
  name: 'topics',
  async examine(facts) {
    const { brokers, topics } = await facts.topics();
    return judgeTopics(brokers, topics);
  },
};
