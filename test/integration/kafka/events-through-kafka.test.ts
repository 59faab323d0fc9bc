import { randomBytes } from 'node:crypto';
import { context, propagation, trace } from '@opentelemetry/api';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectKafka } from '../../../adapters/kafka/connect.ts';
import { createEventConsumer, type EventConsumer } from '../../../adapters/kafka/event-consumer.ts';
import { createEventProducer, type EventProducer } from '../../../adapters/kafka/event-producer.ts';
import { createKafkaInspector } from '../../../adapters/kafka/kafka-inspector.ts';
import type { ConsumedRecord, DeadLetter } from '../../../adapters/kafka/record-handler.ts';
import { createLogger } from '../../../adapters/telemetry/logger.ts';
import { startTelemetry, type Telemetry } from '../../../adapters/telemetry/start-telemetry.ts';
import { PermanentEventError } from '../../../domain/events/event-error.ts';
import { topics } from '../../../domain/events/topics.ts';
import { infra } from '../../infra.ts';

const logger = createLogger('kafka-test', 'silent');
const connect = (brokers = infra().kafkaBrokers) =>
  connectKafka({ brokers: brokers.split(','), clientId: 'kafka-test' }, logger);
const unique = (name: string) => `${name}-${randomBytes(6).toString('hex')}`;

let telemetry: Telemetry;
let kafka: Kafka;
let producer: EventProducer;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  telemetry = await startTelemetry({ service: 'kafka-test' });
  kafka = connect();
  producer = createEventProducer({ kafka, deadlineMs: 5000 });
});
afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
  await producer.close();
  await telemetry.shutdown();
});

async function newTopic(partitions = 1): Promise<string> {
  const topic = unique('test');
  const admin = new Kafka({ brokers: infra().kafkaBrokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
  await admin.disconnect();
  return topic;
}

function consume(
  topic: string,
  handle: (record: ConsumedRecord) => Promise<void>,
  options: { groupId?: string; onDeadLetter?: (letter: DeadLetter) => Promise<void> } = {},
): EventConsumer {
  const consumer = createEventConsumer({
    kafka,
    groupId: options.groupId ?? unique('group'),
    topics: [topic],
    handle,
    concurrency: 4,
    producer,
    onDeadLetter: options.onDeadLetter ?? (() => Promise.reject(new Error('no dead letter was expected'))),
    logger,
  });
  stops.push(() => consumer.stop());
  consumer.start();
  return consumer;
}

const numberOf = (record: ConsumedRecord) => Number(record.value.toString());
const until = (check: () => void) => vi.waitFor(check, { timeout: 120_000, interval: 25 });

describe('events through Kafka', () => {
  test('everything sent before the group existed arrives, in order within a key, and is committed', async () => {
    const topic = await newTopic(3);
    const groupId = unique('group');
    await Promise.all(
      Array.from({ length: 300 }, (_, number) =>
        producer.publish({ topic, key: `k${number % 20}`, value: String(number) }),
      ),
    );
    const seen = new Map<string, number[]>();
    const consumer = consume(
      topic,
      async (record) => {
        await new Promise((resolve) => setTimeout(resolve, numberOf(record) % 4));
        const key = String(record.key);
        seen.set(key, [...(seen.get(key) ?? []), numberOf(record)]);
      },
      { groupId },
    );
    await until(() => expect([...seen.values()].flat()).toHaveLength(300));
    for (const numbers of seen.values()) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    await consumer.stop();
    const inspector = createKafkaInspector(kafka);
    expect(await inspector.lag(groupId, [topic])).toEqual([{ topic, lag: 0 }]);
    expect(await inspector.isHealthy()).toBe(true);
    await inspector.close();
  });

  test('a transient failure holds its partition up and nothing is lost or done twice', async () => {
    const topic = await newTopic();
    for (let number = 0; number < 20; number += 1)
      await producer.publish({ topic, key: `k${number % 4}`, value: String(number) });
    const handled: number[] = [];
    let failures = 0;
    const letters: DeadLetter[] = [];
    consume(
      topic,
      async (record) => {
        if (numberOf(record) === 5 && failures < 2) {
          failures += 1;
          // With a code, as drivers have them: it is no event's own error for that.
          throw Object.assign(new Error('the database is away'), { code: 'ECONNREFUSED' });
        }
        handled.push(numberOf(record));
      },
      { onDeadLetter: async (letter) => void letters.push(letter) },
    );
    await until(() => expect(handled.length + letters.length).toBeGreaterThanOrEqual(20));
    expect(letters).toEqual([]);
    expect(failures).toBe(2);
    expect(handled.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, number) => number));
  });

  test('a permanent failure goes to the dead letters, whole and with its place, and the next record is handled', async () => {
    const topic = await newTopic();
    const value = unique('poison');
    await producer.publish({ topic, key: 'k', value, headers: { from: 'outside' } });
    await producer.publish({ topic, key: 'k', value: '1' });
    const handled: string[] = [];
    const letters: DeadLetter[] = [];
    let refusals = 0;
    consume(
      topic,
      async (record) => {
        if (record.value.toString() === value) throw new PermanentEventError('TEST_POISON', '$.id: is missing');
        handled.push(record.value.toString());
      },
      {
        onDeadLetter: async (letter) => {
          // The list of dead letters is away once: the record must not be lost meanwhile.
          refusals += 1;
          if (refusals === 1) throw new Error('the database is away');
          letters.push(letter);
        },
      },
    );
    await until(() => expect(handled).toEqual(['1']));
    expect(letters).toMatchObject([
      { code: 'TEST_POISON', reason: '$.id: is missing', record: { topic, offset: '0', headers: { from: 'outside' } } },
    ]);
    const buried: ConsumedRecord[] = [];
    consume(topics.deadLetters, async (record) => {
      if (record.value.toString() === value) buried.push(record);
    });
    await until(() => expect(buried.length).toBeGreaterThanOrEqual(1));
    expect(buried[0]?.headers).toMatchObject({
      from: 'outside',
      'dead-letter-topic': topic,
      'dead-letter-offset': '0',
      'dead-letter-code': 'TEST_POISON',
      'dead-letter-reason': '$.id: is missing',
    });
  });

  test('what a stopped consumer did not finish is done by the next one', async () => {
    const topic = await newTopic();
    const groupId = unique('group');
    for (let number = 0; number < 10; number += 1) await producer.publish({ topic, key: 'k', value: String(number) });
    const handled: number[] = [];
    const first = consume(
      topic,
      async (record) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        handled.push(numberOf(record));
      },
      { groupId },
    );
    await until(() => expect(handled.length).toBeGreaterThanOrEqual(3));
    await first.stop();
    expect(handled.length).toBeLessThan(10);
    consume(topic, async (record) => void handled.push(numberOf(record)), { groupId });
    await until(() => expect(handled).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  });

  test('the trace of whoever publishes goes on where the record is handled', async () => {
    const topic = await newTopic();
    const published = propagation.extract(context.active(), {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    await context.with(published, () => producer.publish({ topic, key: 'k', value: '1' }));
    const traces: (string | undefined)[] = [];
    consume(topic, async () => void traces.push(trace.getActiveSpan()?.spanContext().traceId));
    await until(() => expect(traces).toEqual(['0af7651916cd43dd8448eb211c80319c']));
  });
});

describe('a producer', () => {
  test('without a broker fails at its deadline, every time, and closes', async () => {
    const lonely = createEventProducer({ kafka: connect('127.0.0.1:9'), deadlineMs: 1000 });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const started = performance.now();
      const publish = lonely.publish({ topic: 't', key: 'k', value: 'v' });
      await expect(publish).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
      expect(performance.now() - started).toBeLessThan(2000);
    }
    await lonely.close();
  });

  test('refuses a record no broker would take', async () => {
    const publish = producer.publish({ topic: topics.events, key: 'k', value: new Uint8Array(1_000_001) });
    await expect(publish).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' });
  });
});
