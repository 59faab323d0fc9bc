/** A worker of one or more task queues: reads its configuration, wires, runs until it is told to stop. */

import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { type RunningService, runMain } from '../../adapters/environment/run-main.ts';
import { connectDatabase, isDatabaseHealthy } from '../../adapters/postgres/database.ts';
import { startAdminServer } from '../../adapters/telemetry/admin-server.ts';
import { okOr, watchHealth } from '../../adapters/telemetry/health-watch.ts';
import { createLogger } from '../../adapters/telemetry/logger.ts';
import { startTelemetry } from '../../adapters/telemetry/start-telemetry.ts';
import { connectTemporal, isTemporalHealthy } from '../../adapters/temporal/connect.ts';
import { connectWorker } from '../../adapters/temporal/connect-worker.ts';
import { dataConverter } from '../../adapters/temporal/payload-limit.ts';
import { installRuntimeLogger } from '../../adapters/temporal/runtime-logger.ts';
import { workerInterceptors } from '../../adapters/temporal/worker-interceptors.ts';
import { cachedWorkflowBundle, freshWorkflowBundle } from '../../adapters/temporal/workflow-bundle.ts';
import type { TaskQueue } from '../../domain/artifact/subject.ts';
import { readConfig, type WorkerConfig } from './config.ts';
import { type OpenTrust, openTrust } from './open-trust.ts';
import { planQueue } from './queues.ts';
import { createWiring, type Wiring } from './wiring.ts';

const DATABASE_CONNECTIONS = 20;
/** Of their own: incidents wait for no connection that a backlog holds. */
const URGENT_CONNECTIONS = 6;
const SHUTDOWN_GRACE = '10s';

async function main(): Promise<RunningService> {
  const config = readConfig();
  const service = `pratique-${config.queues.includes('trust') ? 'trust' : 'worker'}`;
  const logger = createLogger(service, config.logLevel);
  const telemetry = await startTelemetry({ service, ...config.telemetry });
  installRuntimeLogger(logger);
  const db = connectDatabase({ url: config.databaseUrl, connections: DATABASE_CONNECTIONS, applicationName: service });
  const temporal = connectTemporal(config.temporal);
  const wiring = createWiring(db, temporal.client, config.registry);
  const urgent = openUrgent(config, temporal.client, service);
  const connection = await connectWorker(config.temporal);
  const trust = await openTrust(config, logger);
  const workers = await createWorkers(config, (queue) => (queue === 'urgent' ? urgent?.wiring : undefined) ?? wiring, {
    connection,
    trust,
  });
  const health = watchHealth({
    checks: {
      postgres: okOr('does not answer', () => isDatabaseHealthy(db)),
      workers: okOr('not running', () => workers.every((worker) => worker.getState() === 'RUNNING')),
      temporal: okOr('does not answer', () => isTemporalHealthy(temporal.client)),
      registry: okOr('does not answer', () => wiring.isReachable()),
      ...(config.tuf === undefined ? {} : { 'trusted-root': async () => trust.root.state() }),
      ...(trust.keyless === undefined ? {} : { signing: async () => trust.keyless?.state() ?? 'ok' }),
    },
    needed: ['postgres', 'workers'],
  });
  const admin = await startAdminServer({
    ...config.admin,
    telemetry,
    health: () => health.report(),
  });
  logger.info({ queues: config.queues, adminPort: admin.port }, 'the worker runs');
  const ended = Promise.all(workers.map((worker) => worker.run()));
  return {
    logger,
    shutdownSeconds: config.shutdownSeconds,
    ended,
    async stop() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
      await admin.close();
      health.stop();
      trust.root.stop();
      await connection.close();
      await temporal.close();
      await urgent?.close();
      await wiring.close();
      await db.destroy();
      await telemetry.shutdown();
    },
  };
}

/** Opened where this process serves the queue. */
function openUrgent(config: WorkerConfig, client: Client, service: string) {
  if (!config.queues.includes('urgent')) return undefined;
  const applicationName = `${service}-urgent`;
  const db = connectDatabase({ url: config.databaseUrl, connections: URGENT_CONNECTIONS, applicationName });
  const wiring = createWiring(db, client, config.registry);
  return {
    wiring,
    async close() {
      await wiring.close();
      await db.destroy();
    },
  };
}

async function createWorkers(
  config: WorkerConfig,
  wiringOf: (queue: TaskQueue) => Wiring,
  { connection, trust }: { connection: NativeConnection; trust: OpenTrust },
): Promise<Worker[]> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const plans = await Promise.all(
    config.queues.map(async (queue) => ({
      queue,
      plan: await planQueue(queue, wiringOf(queue), config, version, trust),
    })),
  );
  const needsBundle = plans.some(({ plan }) => plan.cachedWorkflows > 0);
  const workflowBundle = needsBundle ? await loadBundle(config.cacheFolder) : undefined;
  const interceptors = workerInterceptors();
  return Promise.all(
    plans.map(({ queue, plan }) =>
      Worker.create({
        connection,
        namespace: config.temporal.namespace,
        taskQueue: queue,
        activities: plan.activities,
        dataConverter,
        maxConcurrentActivityTaskExecutions: plan.concurrency,
        shutdownGraceTime: SHUTDOWN_GRACE,
        ...(plan.cachedWorkflows > 0 && workflowBundle !== undefined
          ? { workflowBundle, maxCachedWorkflows: plan.cachedWorkflows }
          : {}),
        interceptors,
      }),
    ),
  );
}

/** From the cache where there is one: bundling takes seconds. */
function loadBundle(cacheFolder: string | undefined) {
  const root = new URL('../../', import.meta.url);
  return cacheFolder === undefined ? freshWorkflowBundle(root) : cachedWorkflowBundle(root, cacheFolder);
}

runMain(main);
