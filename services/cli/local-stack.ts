import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createStack, type Stack } from '../../infra/dev/stack.ts';
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
