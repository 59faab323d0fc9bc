import process from 'node:process';
import { runMain } from '../../adapters/environment/run-main.ts';
import { connectKafka } from '../../adapters/kafka/connect.ts';
import { createEventProducer } from '../../adapters/kafka/event-producer.ts';
import { createKafkaInspector } from '../../adapters/kafka/kafka-inspector.ts';
import { connectDatabase } from '../../adapters/postgres/database.ts';
import { createTokenStore } from '../../adapters/postgres/token-store.ts';
import { startAdminServer } from '../../adapters/telemetry/admin-server.ts';
import { createLogger } from '../../adapters/telemetry/logger.ts';
import { startTelemetry } from '../../adapters/telemetry/start-telemetry.ts';
import { readConfig } from './config.ts';
import { createGateway } from './create-gateway.ts';
import { createPorts } from './ports.ts';
import { checkHealth } from './routes/health.ts';

const SERVICE = 'pratique-gateway';
/** Shorter than the five seconds the registry's webhook waits, so that it hears 503 rather than nothing. */
const PUBLISH_DEADLINE_MS = 4000;
const DATABASE_CONNECTIONS = 10;

async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(SERVICE, config.logLevel);
  const telemetry = await startTelemetry({
    service: SERVICE,
    ...(config.otlpEndpoint === undefined ? {} : { otlpEndpoint: config.otlpEndpoint }),
  });
  const kafka = connectKafka({ ...config.kafka, clientId: SERVICE }, logger);
  const producer = createEventProducer({ kafka, deadlineMs: PUBLISH_DEADLINE_MS });
  const inspector = createKafkaInspector(kafka);
  const db = connectDatabase({ url: config.databaseUrl, connections: DATABASE_CONNECTIONS, applicationName: SERVICE });
  const ports = createPorts(db, config);
  const deps = {
    db,
    tokens: createTokenStore(db),
    producer,
    inspector,
    ports,
    registry: config.registry,
    webhookSecret: config.webhookSecret,
    registryTokens: config.registryTokens,
    logger,
    telemetry,
  };
  const app = await createGateway(deps);
  const admin =
    config.adminPort === undefined
      ? undefined
      : await startAdminServer({
          host: config.host,
          port: config.adminPort,
          telemetry,
          health: () => checkHealth(deps),
        });
  const address = await app.listen({ host: config.host, port: config.port });
  logger.info({ address, adminPort: admin?.port }, 'the gateway listens');

  const stop = async (signal: string) => {
    logger.info({ signal }, 'the gateway stops');
    await app.close();
    await admin?.close();
    await producer.close();
    await inspector.close();
    await ports.close();
    await db.destroy();
    await telemetry.shutdown();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      stop(signal).then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'stopping failed');
          process.exit(1);
        },
      );
    });
}

runMain(main);
