import { type RunningService, runMain } from '../../adapters/environment/run-main.ts';
import { connectKafka } from '../../adapters/kafka/connect.ts';
import { createEventProducer } from '../../adapters/kafka/event-producer.ts';
import { createKafkaInspector } from '../../adapters/kafka/kafka-inspector.ts';
import { connectDatabase } from '../../adapters/postgres/database.ts';
import { openNewGenerations } from '../../adapters/postgres/regenerate.ts';
import { createTokenStore } from '../../adapters/postgres/token-store.ts';
import { startAdminServer } from '../../adapters/telemetry/admin-server.ts';
import { createLogger } from '../../adapters/telemetry/logger.ts';
import { startTelemetry } from '../../adapters/telemetry/start-telemetry.ts';
import { readConfig } from './config.ts';
import { createGateway } from './create-gateway.ts';
import { createPorts } from './ports.ts';
import { watchGateway } from './routes/health.ts';

const SERVICE = 'pratique-gateway';
/** Shorter than the five seconds the registry's webhook waits, so that it hears 503 rather than nothing. */
const PUBLISH_DEADLINE_MS = 4000;
const DATABASE_CONNECTIONS = 10;

async function main(): Promise<RunningService> {
  const config = readConfig();
  const logger = createLogger(SERVICE, config.logLevel);
  const telemetry = await startTelemetry({ service: SERVICE, ...config.telemetry });
  const kafka = connectKafka({ ...config.kafka, clientId: SERVICE }, logger);
  const producer = createEventProducer({ kafka, deadlineMs: PUBLISH_DEADLINE_MS });
  const inspector = createKafkaInspector(kafka);
  const db = connectDatabase({ url: config.databaseUrl, connections: DATABASE_CONNECTIONS, applicationName: SERVICE });
  const ports = createPorts(db, config, inspector, logger);
  const health = watchGateway({ db, inspector, ports });
  const deps = {
    db,
    tokens: createTokenStore(db),
    producer,
    inspector,
    ports,
    health,
    registry: config.registry,
    webhookSecret: config.webhookSecret,
    registryTokens: config.registryTokens,
    relyingParty: config.approvals.relyingParty,
    limits: config.limits,
    logger,
    telemetry,
  };
  const app = await createGateway(deps);
  const admin = await startAdminServer({ ...config.admin, telemetry, health: () => health.report() });
  const address = await app.listen({ host: config.host, port: config.port });
  logger.info({ address, adminPort: admin.port }, 'the gateway listens');
  // A gateway that died when it had put a policy in force told nobody.
  openNewGenerations(db, 'policy', 'missed').catch((error: unknown) => {
    logger.warn(
      { err: error },
      'what the policy in force was not applied to could not be looked for; the next start does',
    );
  });

  return {
    logger,
    shutdownSeconds: config.shutdownSeconds,
    async stop() {
      await app.close();
      await admin.close();
      health.stop();
      await producer.close();
      await inspector.close();
      await ports.close();
      await db.destroy();
      await telemetry.shutdown();
    },
  };
}

runMain(main);
