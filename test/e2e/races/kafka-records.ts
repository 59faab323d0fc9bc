/** Kafka as the tests of races use it: records that arrive together, and everything that was told so far. */
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { topics } from '../../../domain/events/topics.ts';
import type { Pratique } from '../stack.ts';

const open = (brokers: string) => new Kafka({ clientId: 'races', brokers: [brokers], logLevel: logLevel.NOTHING });

/** Into one partition, in one request: a consumer gets all of them, or none. */
export async function sendTogether(
  brokers: string,
  messages: readonly { key: string; value: string }[],
): Promise<void> {
  const producer = open(brokers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic: topics.events, messages: messages.map((message) => ({ ...message, partition: 0 })) });
  await producer.disconnect();
}

/** Every outcome that was sent, in the order of its partition. */
export async function readOutcomes({ record }: Pratique): Promise<{ subject: string; sequence: number }[]> {
  const kafka = open(record.connection.kafkaBrokers);
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topics.outcomes);
  await admin.disconnect();
  const left = new Set(ends.filter(({ high, low }) => high !== low).map(({ partition }) => partition));
  const consumer = kafka.consumer({ groupId: `races-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.outcomes], fromBeginning: true });
  const seen: { subject: string; sequence: number }[] = [];
  const all = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const { data } = JSON.parse(String(message.value)) as { data: { customData: { sequence: number } } };
      seen.push({ subject: String(message.key), sequence: data.customData.sequence });
      const end = ends.find((each) => each.partition === partition);
      if (end !== undefined && Number(message.offset) >= Number(end.high) - 1) left.delete(partition);
      if (left.size === 0) all.resolve();
    },
  });
  await all.promise;
  await consumer.disconnect();
  return seen;
}
