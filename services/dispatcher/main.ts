/** Kafka to Temporal, and the outbox to Kafka: decides about every event once, starts what was decided, relays outcomes. */
import process from 'node:process';
import { createEgress } from '../../adapters/egress/egress.ts';
import { runMain } from '../../adapters/environment/run-main.ts';
import { connectKafka } from '../../adapters/kafka/connect.ts';
import { createEventConsumer } from '../../adapters/kafka/event-consumer.ts';
import { createEventProducer } from '../../adapters/kafka/event-producer.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import { connectDatabase, isDatabaseHealthy } from '../../adapters/postgres/database.ts';
import { recordDeadLetter } from '../../adapters/postgres/dead-letters.ts';
import { createIntakeLedger } from '../../adapters/postgres/intake-ledger.ts';
import { createPostgresLease } from '../../adapters/postgres/lease.ts';
import { createOutboxRelay } from '../../adapters/postgres/outbox-relay.ts';
import { createPolicyStore } from '../../adapters/postgres/policy-store.ts';
import { startAdminServer } from '../../adapters/telemetry/admin-server.ts';
import { createLogger } from '../../adapters/telemetry/logger.ts';
import { startTelemetry } from '../../adapters/telemetry/start-telemetry.ts';
import { connectTemporal } from '../../adapters/temporal/connect.ts';
import { createWorkflowStarter } from '../../adapters/temporal/workflow-starter.ts';
import { dispatcherGroups } from '../../domain/events/consumer-groups.ts';
import { decodeIntakeEvent } from '../../domain/events/decode-intake-event.ts';
import { readConfig } from './config.ts';
import { handleIntakeEvent } from './handle-intake-event.ts';
import { failPermanently } from './permanent-failure.ts';
import { createSweeper } from './sweeper.ts';

const SERVICE = 'pratique-dispatcher';
const DATABASE_CONNECTIONS = 15;
/** Records of one partition handled at once; equal subjects stay in order. */
const CONCURRENCY = 8;
const PUBLISH_DEADLINE_MS = 30_000;

async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(SERVICE, config.logLevel);
  const telemetry = await startTelemetry({
    service: SERVICE,
    ...(config.otlpEndpoint === undefined ? {} : { otlpEndpoint: config.otlpEndpoint }),
  });
  const db = connectDatabase({ url: config.databaseUrl, connections: DATABASE_CONNECTIONS, applicationName: SERVICE });
  const kafka = connectKafka({ brokers: config.brokers, clientId: SERVICE }, logger);
  const producer = createEventProducer({ kafka, deadlineMs: PUBLISH_DEADLINE_MS });
  const temporal = connectTemporal(config.temporal);
  const starter = createWorkflowStarter(temporal.client, db);
  const egress = createEgress({ configuredHosts: [config.registry], allowPublicHosts: false });
  const registry = createOciRegistry({ host: config.registry, egress, lease: createPostgresLease(db) });
  const intake = {
    ledger: createIntakeLedger(db),
    policies: createPolicyStore(db),
    registry,
    startPipeline: starter.startPipeline,
  };
  const consumers = dispatcherGroups.map(({ group, topic }) =>
    createEventConsumer({
      kafka,
      groupId: group,
      topics: [topic],
      concurrency: CONCURRENCY,
      producer,
      logger,
      handle: async (record) => {
        const event = decodeIntakeEvent(record.value);
        await handleIntakeEvent(intake, event, record.headers.traceparent).catch(failPermanently);
      },
      onDeadLetter: (letter) => recordDeadLetter(db, letter),
    }),
  );
  const onError = (error: unknown) => logger.warn({ err: error }, 'tried again shortly');
  const relay = createOutboxRelay({ url: config.databaseUrl, publish: (record) => producer.publish(record), onError });
  const sweeper = createSweeper({ db, starter, onError });
  const admin = await startAdminServer({
    port: config.adminPort,
    telemetry,
    health: async () => {
      const database = await isDatabaseHealthy(db);
      const consuming = consumers.every((consumer) => consumer.isRunning());
      return {
        healthy: database && consuming,
        checks: {
          database: database ? 'ok' : 'does not answer',
          consumer: consuming ? 'ok' : 'not in its groups yet',
        },
      };
    },
  });
  for (const consumer of consumers) consumer.start();
  relay.start();
  sweeper.start();
  logger.info({ adminPort: admin.port }, 'the dispatcher runs');

  const stop = async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    await sweeper.stop();
    await relay.stop();
    await producer.close();
    await admin.close();
    await temporal.close();
    await egress.close();
    await db.destroy();
    await telemetry.shutdown();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'stopping failed');
          process.exit(1);
        },
      );
    });
}

runMain(main);
