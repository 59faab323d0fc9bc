/** The life of a service's process: it starts, runs until it is told to stop or fails, closes what it opened, and ends. */

import process from 'node:process';
import { within } from '../concurrency/within.ts';
import { ConfigError } from './config-error.ts';

const EXIT_USAGE = 2;
const EXIT_FAILURE = 1;

/** A service that runs. */
export interface RunningService {
  readonly logger: Record<'info' | 'error', (fields: object, message: string) => void>;
  /** The longest `stop` may take. */
  readonly shutdownSeconds: number;
  /** Lets what is under way end, then closes what was opened, in the order in which it is used. */
  stop(): Promise<void>;
  /** Settles where the service ends by itself; what it fails with ends the process. */
  readonly ended?: Promise<unknown>;
}

/**
 * Runs a service: exit code 0 after SIGTERM or SIGINT, 2 for a configuration that can not be, else 1. A second signal ends
 * it as it is.
 */
export function runMain(start: () => Promise<RunningService>): void {
  let logger: RunningService['logger'] | undefined;
  start()
    .then(async (service) => {
      logger = service.logger;
      const told = new Promise<string>((resolve) => {
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
      });
      const signal = await Promise.race([told, service.ended?.then(() => 'its own end') ?? told]);
      service.logger.info({ signal }, 'stopping');
      await within(service.shutdownSeconds * 1000, service.stop(), () => {
        throw new Error(
          `stopping took more than ${service.shutdownSeconds} s (PRATIQUE_SHUTDOWN_SECONDS): ended as it is`,
        );
      });
      process.exit(0);
    })
    .catch((error: unknown) => {
      const isConfig = error instanceof ConfigError;
      // Once it runs, its log is read by programs; before, by whoever started it.
      if (logger !== undefined) logger.error({ err: error }, 'ended by an error');
      else process.stderr.write(`${isConfig ? error.message : String((error as Error).stack ?? error)}\n`);
      process.exit(isConfig ? EXIT_USAGE : EXIT_FAILURE);
    });
}
