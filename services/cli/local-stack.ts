import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createStack, type Stack } from '../../infra/dev/stack.ts';
import { StackError } from '../../infra/dev/stack-error.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

/** The stack of `PRATIQUE_HOME` (default `.pratique` in the working directory); progress goes to stderr. */
export function openLocalStack(io: CliIo): Stack {
  const { PRATIQUE_HOME: home, PRATIQUE_CACHE_DIR: cache, DATABASE_URL: databaseUrl } = io.env;
  return createStack({
    home: resolve(io.cwd, home || '.pratique'),
    cacheDir: cache ? resolve(io.cwd, cache) : join(homedir(), '.cache', 'pratique'),
    databaseUrl: databaseUrl || undefined,
    log: (line) => void io.err.write(`${line}\n`),
  });
}

/** What the command line makes of a failure of the stack: its code and hint, and exit code 3. */
export function asCliError(error: unknown): unknown {
  if (!(error instanceof StackError)) return error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new CliError(exitCodes.infrastructure, error.code, error.message, { cause: error, ...hint });
}
