/** Everything in the outcomes topic, in the order a consumer gets it. */
import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { topics } from '../../domain/events/topics.ts';

export interface Outcome {
  readonly id: string;
  readonly subject: string;
  readonly sequence: number;
}

/** Reads each partition to where it ends now. */
export async function readOutcomes(brokers: string): Promise<Outcome[]> {
  const kafka = new Kafka({ clientId: 'chaos', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topics.outcomes);
  await admin.disconnect();
  const open = new Map(ends.filter(({ high }) => high !== '0').map(({ partition, high }) => [partition, BigInt(high)]));
  const outcomes: Outcome[] = [];
  if (open.size === 0) return outcomes;
  const consumer = kafka.consumer({ groupId: `chaos-${randomBytes(4).toString('hex')}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.outcomes], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    setTimeout(() => reject(new Error('the outcomes could not be read within a minute')), 60_000).unref();
    consumer
      .run({
        eachMessage: async ({ partition, message }) => {
          const event = JSON.parse(String(message.value)) as { id: string; data: { customData: { sequence: number } } };
          outcomes.push({ id: event.id, subject: String(message.key), sequence: event.data.customData.sequence });
          if (BigInt(message.offset) + 1n >= (open.get(partition) ?? 0n)) open.delete(partition);
          if (open.size === 0) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return outcomes;
}
