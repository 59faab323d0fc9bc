/** Holds a builder's key, and runs no recipe: reads what a builder left in the build folder, and signs what it is. */
import { mkdir } from 'node:fs/promises';
import { createLocalBuildSigner } from '../../adapters/builder/local-build-signer.ts';
import { serveBuildSigner } from '../../adapters/builder/signing-socket.ts';
import { type RunningService, runMain } from '../../adapters/environment/run-main.ts';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { openKey } from '../../adapters/sigstore/local-key-ring.ts';
import { startAdminServer } from '../../adapters/telemetry/admin-server.ts';
import { createLogger } from '../../adapters/telemetry/logger.ts';
import { startTelemetry } from '../../adapters/telemetry/start-telemetry.ts';
import { BuildError } from '../../domain/building/builder.ts';
import { readConfig } from './config.ts';

const SERVICE = 'pratique-builder-signer';

async function main(): Promise<RunningService> {
  const config = readConfig();
  const logger = createLogger(SERVICE, config.logLevel);
  const telemetry = await startTelemetry({ service: SERVICE, ...config.telemetry });
  const signer = await openKey(config.keys.folder, config.keys.name, config.keys.passphrase);
  // As the builder makes it: recipes pass through and list nothing.
  await mkdir(config.buildFolder, { recursive: true, mode: 0o711 });
  const server = await serveBuildSigner({
    socket: config.socket,
    signer: createLocalBuildSigner({
      signer,
      bundleSigner: createBundleSigner(),
      builderId: config.builder.id,
      builderHost: config.builder.host,
      buildFolder: config.buildFolder,
    }),
    onOutcome: (digest, error) => {
      if (error === undefined) logger.info({ digest }, 'signed a build');
      else if (error instanceof BuildError) logger.warn({ digest, reason: error.message }, 'refused to sign');
      else logger.error({ digest, err: error }, 'could not sign');
    },
  });
  const admin = await startAdminServer({
    ...config.admin,
    telemetry,
    health: async () => ({ healthy: true, checks: { signer: 'ok' } }),
  });
  logger.info(
    { builder: config.builder.id, keyId: signer.keyId, adminPort: admin.port },
    'the signer waits for builds',
  );
  return {
    logger,
    shutdownSeconds: config.shutdownSeconds,
    async stop() {
      await server.close();
      await admin.close();
      await telemetry.shutdown();
    },
  };
}

runMain(main);
