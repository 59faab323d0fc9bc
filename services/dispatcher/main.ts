/** Kafka to Temporal, and the outbox to Kafka: decides about every event once, starts what was decided, relays outcomes. */
import { type RunningService, runMain } from '../../adapters/environment/run-main.ts';
import { connectKafka } from '../../adapters/kafka/connect.ts';
import { createEventConsumer } from '../../adapters/kafka/event-consumer.ts';
import { createEventProducer } from '../../adapters/kafka/event-producer.ts';
import { connectRegistry } from '../../adapters/oci/connect.ts';
import { rememberManifests } from '../../adapters/oci/remember-manifests.ts';
import { connectDatabase, isDatabaseHealthy } from '../../adapters/postgres/database.ts';
import { recordDeadLetter } from '../../adapters/postgres/dead-letters.ts';
import { createIntakeLedger } from '../../adapters/postgres/intake-ledger.ts';
import { createPostgresLease } from '../../adapters/postgres/lease.ts';
import { createOutboxRelay } from '../../adapters/postgres/outbox-relay.ts';
import { createPolicyStore } from '../../adapters/postgres/policy-store.ts';
import { startAdminServer } from '../../adapters/telemetry/admin-server.ts';
import { okOr, watchHealth } from '../../adapters/telemetry/health-watch.ts';
import { createLogger } from '../../adapters/telemetry/logger.ts';
import { startTelemetry } from '../../adapters/telemetry/start-telemetry.ts';
import { connectTemporal, isTemporalHealthy } from '../../adapters/temporal/connect.ts';
import { createLostWorkflowSweep } from '../../adapters/temporal/lost-workflow-sweep.ts';
import { createWorkflowStarter } from '../../adapters/temporal/workflow-starter.ts';
import { dispatcherGroups } from '../../domain/events/consumer-groups.ts';
import { decodeIntakeEvent } from '../../domain/events/decode-intake-event.ts';
import { refuseUnread } from '../../domain/events/unread-event.ts';
import { measureBacklog } from './backlog.ts';
import { readConfig } from './config.ts';
import { handleIntakeEvent } from './handle-intake-event.ts';
import { failPermanently } from './permanent-failure.ts';
import { createSweeper } from './sweeper.ts';
import { watchTrustEnds } from './trust-ends.ts';

const SERVICE = 'pratique-dispatcher';
const DATABASE_CONNECTIONS = 15;
/** Records of one partition handled at once; equal subjects stay in order. */
const CONCURRENCY = 8;
const PUBLISH_DEADLINE_MS = 30_000;

async function main(): Promise<RunningService> {
  const config = readConfig();
  const logger = createLogger(SERVICE, config.logLevel);
  const telemetry = await startTelemetry({ service: SERVICE, ...config.telemetry });
  const db = connectDatabase({ url: config.databaseUrl, connections: DATABASE_CONNECTIONS, applicationName: SERVICE });
  const kafka = connectKafka({ ...config.kafka, clientId: SERVICE }, logger);
  const producer = createEventProducer({ kafka, deadlineMs: PUBLISH_DEADLINE_MS });
  const temporal = connectTemporal(config.temporal);
  const starter = createWorkflowStarter(temporal.client, db);
  const registries = connectRegistry(config.registry, { lease: createPostgresLease(db) });
  const policies = createPolicyStore(db);
  const intake = {
    ledger: createIntakeLedger(db),
    policies,
    // Of a push by tag, the manifest was read when its bytes came: what it is, is all that is asked here.
    registry: rememberManifests(registries.as('read')),
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
        refuseUnread(record.headers);
        const event = decodeIntakeEvent(record.value);
        await handleIntakeEvent(intake, event, record.headers.traceparent).catch(failPermanently);
      },
      onDeadLetter: (letter) => recordDeadLetter(db, letter),
    }),
  );
  const onError = (error: unknown) => logger.warn({ err: error }, 'tried again shortly');
  const relay = createOutboxRelay({ url: config.databaseUrl, publish: (record) => producer.publish(record), onError });
  const sweeper = createSweeper({
    ...{ db, starter, onError },
    sweepLost: createLostWorkflowSweep(temporal.client, db),
  });
  const health = watchHealth({
    checks: {
      postgres: okOr('does not answer', () => isDatabaseHealthy(db)),
      consumer: okOr('not in its groups', () => consumers.every((consumer) => consumer.isRunning())),
      temporal: okOr('does not answer', () => isTemporalHealthy(temporal.client)),
      registry: okOr('does not answer', () => registries.isReachable()),
    },
    needed: ['postgres', 'consumer'],
  });
  const backlog = measureBacklog(db, onError);
  const ends = watchTrustEnds(db, policies, onError);
  const admin = await startAdminServer({
    ...config.admin,
    telemetry,
    health: () => health.report(),
  });
  for (const consumer of consumers) consumer.start();
  relay.start();
  sweeper.start();
  logger.info({ adminPort: admin.port }, 'the dispatcher runs');

  return {
    logger,
    shutdownSeconds: config.shutdownSeconds,
    async stop() {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      await sweeper.stop();
      backlog.stop();
      await ends.stop();
      health.stop();
      await relay.stop();
      await producer.close();
      await admin.close();
      await temporal.close();
      await registries.close();
      await db.destroy();
      await telemetry.shutdown();
    },
  };
}

runMain(main);
