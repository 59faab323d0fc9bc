import process from 'node:process';
import { ConfigError } from './config-error.ts';

const EXIT_USAGE = 2;
const EXIT_FAILURE = 1;

/** Runs a service's `main`; a failure is written to standard error and ends the process: 2 for configuration, else 1. */
export function runMain(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    const isConfig = error instanceof ConfigError;
    process.stderr.write(`${isConfig ? error.message : String((error as Error).stack ?? error)}\n`);
    process.exit(isConfig ? EXIT_USAGE : EXIT_FAILURE);
  });
}
