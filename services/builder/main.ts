/**
 * A builder: takes rebuilds from its queue, builds from verified commits, and has its signer (services/builder-signer) sign what
 * came out. It runs recipes, so it holds no key, and reaches no database.
 */

import path from 'node:path';
import { Worker } from '@temporalio/worker';
import { createBuildActivities } from '../../activities/build.ts';
import { createCommandBuilder, defaultBuildUser } from '../../adapters/builder/command-builder.ts';
import { pickFetchEnvironment } from '../../adapters/builder/fetch-environment.ts';
import { publishBuild } from '../../adapters/builder/publish-build.ts';
import { connectBuildSigner, isListening } from '../../adapters/builder/signing-socket.ts';
import { removeWorkspace } from '../../adapters/builder/workspace.ts';
import { type RunningService, runMain } from '../../adapters/environment/run-main.ts';
import { connectRegistry } from '../../adapters/oci/connect.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { startAdminServer } from '../../adapters/telemetry/admin-server.ts';
import { okOr, watchHealth } from '../../adapters/telemetry/health-watch.ts';
import { createLogger } from '../../adapters/telemetry/logger.ts';
import { startTelemetry } from '../../adapters/telemetry/start-telemetry.ts';
import { connectWorker } from '../../adapters/temporal/connect-worker.ts';
import { dataConverter } from '../../adapters/temporal/payload-limit.ts';
import { installRuntimeLogger } from '../../adapters/temporal/runtime-logger.ts';
import { workerInterceptors } from '../../adapters/temporal/worker-interceptors.ts';
import { taskQueues } from '../../domain/artifact/subject.ts';
import { readConfig } from './config.ts';

const SERVICE = 'pratique-builder';
/** A rebuild's recipe may not run longer, whatever it says itself. */
const MAXIMUM_SECONDS = 2 * 3600;
/** The rebuild repository is this builder's alone while it builds. */
const alone = createInProcessLease();

async function main(): Promise<RunningService> {
  const config = readConfig();
  const logger = createLogger(SERVICE, config.logLevel);
  const telemetry = await startTelemetry({ service: SERVICE, ...config.telemetry });
  installRuntimeLogger(logger);
  const registries = connectRegistry(config.registry, { lease: alone });
  const registry = registries.as('rebuild');
  const buildSigner = connectBuildSigner(config.signerSocket);
  const builder = createCommandBuilder({
    workFolder: config.workFolder,
    path: config.path,
    trust: { allowedSigners: config.allowedSigners },
    localRepositories: config.localRepositories,
    gitHosts: config.gitHosts,
    fetchEnvironment: pickFetchEnvironment(config.environment),
    hidden: config.hidden,
    user: defaultBuildUser,
    maximumSeconds: MAXIMUM_SECONDS,
    logFolder: path.join(config.workFolder, 'logs'),
  });
  const activities = createBuildActivities({
    builder,
    publish: async (finished, repository, invocationId) => {
      const { descriptor, evidence } = await publishBuild({
        finished,
        registry,
        repository,
        buildSigner,
        invocationId,
      });
      return { digest: descriptor.digest, ...evidence };
    },
    discard: (finished) =>
      removeWorkspace(finished.workspace).catch((error: unknown) => {
        logger.warn(
          { err: error, workspace: finished.workspace },
          'a finished build could not be removed; remove it by hand',
        );
      }),
  });
  const connection = await connectWorker(config.temporal);
  const worker = await Worker.create({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: taskQueues.build,
    activities,
    dataConverter,
    maxConcurrentActivityTaskExecutions: 2,
    interceptors: workerInterceptors(),
  });
  const health = watchHealth({
    checks: {
      worker: okOr('not running', () => worker.getState() === 'RUNNING'),
      signer: okOr('does not answer', () => isListening(config.signerSocket)),
    },
  });
  const admin = await startAdminServer({
    ...config.admin,
    telemetry,
    health: () => health.report(),
  });
  logger.info({ adminPort: admin.port }, 'the builder runs');
  const ended = worker.run();
  return {
    logger,
    shutdownSeconds: config.shutdownSeconds,
    ended,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
      await admin.close();
      health.stop();
      await connection.close();
      await registries.close();
      await telemetry.shutdown();
    },
  };
}

runMain(main);
