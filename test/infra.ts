/**
 * The four servers for tests: started once per run in a temporary folder, stopped at its end. Name this file as
 * `globalSetup` of a vitest project; in a test, `infra()` says where they are. Each test file then makes its own
 * database, namespace, repository prefix and topics: nothing here is reset between files.
 *
 * `PRATIQUE_TEST_HOME=<folder>` uses (and leaves running) the stack of that folder instead, which saves its start.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import pg from 'pg';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { createStack } from '../infra/dev/stack.ts';
import type { Connection } from '../infra/dev/stack-record.ts';

/** Addresses of the servers, and the secret that the registry's webhook carries. */
export interface TestInfra extends Connection {
  readonly webhookSecretFile: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    pratiqueInfra: TestInfra;
  }
}

/** Where the shared servers are. Throws when this run started none. */
export function infra(): TestInfra {
  const found = inject('pratiqueInfra') as TestInfra | undefined;
  if (found !== undefined) return found;
  throw new Error("this vitest project has no globalSetup: ['test/infra.ts']");
}

interface Running {
  readonly infra: TestInfra;
  readonly stop: () => Promise<void>;
}

/** Starts the servers on free ports; only third-party ones, no service of ours. */
export async function startTestInfra(): Promise<Running> {
  const fixed = process.env.PRATIQUE_TEST_HOME;
  const dir = fixed ?? (await mkdtemp(join(tmpdir(), 'pratique-test-')));
  // As root, Postgres runs under another uid and must get through.
  if (fixed === undefined) await chmod(dir, 0o711);
  const stack = createStack({
    home: join(dir, 'stack'),
    cacheDir: process.env.PRATIQUE_CACHE_DIR ?? join(homedir(), '.cache', 'pratique'),
    ports: 'free',
    // No gateway runs, so nobody gives tokens.
    registryUsers: false,
    log: (line) => void process.stderr.write(`${line}\n`),
  });
  const { record } = await stack.up({ services: false, supervise: fixed === undefined });
  if (fixed === undefined) await forgetPowerCuts(record.connection.databaseUrl);
  return {
    infra: { ...record.connection, webhookSecretFile: stack.home.webhookSecretFile },
    async stop() {
      if (fixed !== undefined) return;
      await stack.down();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What is in these databases outlives no machine: nobody has to wait for its disk. */
async function forgetPowerCuts(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query('alter system set fsync = off');
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
}

// Every project of a run calls setup, each with its own copy of this module: they find each other on the global object.
const shared = globalThis as { pratiqueTestInfra?: { users: number; running: Promise<Running> } };

/** vitest's globalSetup: the first project starts the servers, the last one to finish stops them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.pratiqueTestInfra ??= { users: 0, running: startTestInfra() };
  const mine = shared.pratiqueTestInfra;
  mine.users += 1;
  const running = await mine.running;
  project.provide('pratiqueInfra', running.infra);
  return async () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    delete shared.pratiqueTestInfra;
    await running.stop();
  };
}
