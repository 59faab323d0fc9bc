/** The release before this one, as its own files of its own commit: what an upgrade starts from. */
import { execFile, spawn } from 'node:child_process';
import { mkdir, open, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openPortClaims } from '../../infra/dev/process/port-claims.ts';
import { serviceDefinitions, serviceEnv } from '../../infra/dev/services.ts';
import type { StackHome } from '../../infra/dev/stack-home.ts';
import type { StackRecord } from '../../infra/dev/stack-record.ts';

/**
 * The last commit before registries wanted credentials, migration 0008 and fault points: homes made by it are in use. Moved
 * on with each release, to the commit of the release before. It runs on this clone's packages: one that only it still imports
 * (`@renovatebot/pep440`) is a development dependency.
 */
export const PREVIOUS_COMMIT = '8c04f3745b118b7503ef5dc6175d655f8e72854e';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** False in a shallow clone, or an archive without history. */
export async function hasPreviousCommit(): Promise<boolean> {
  return run('git', ['-C', ROOT, 'cat-file', '-e', `${PREVIOUS_COMMIT}^{commit}`]).then(
    () => true,
    () => false,
  );
}

export interface PreviousRelease {
  /** Starts its servers and services on this home, which nobody watches then. */
  up(home: string): Promise<StackRecord['connection']>;
  down(home: string): Promise<void>;
  /** Its worker, on the servers of a running stack, beside the worker that runs there. */
  startWorker(home: StackHome, record: StackRecord): Promise<{ readonly pid: number; stop(): Promise<void> }>;
}

/** Writes its files below `dir`. It uses the dependencies that are installed here. */
export async function checkOutPrevious(dir: string): Promise<PreviousRelease> {
  const folder = join(dir, 'previous');
  await mkdir(folder);
  const archive = join(dir, 'previous.tar');
  await run('git', ['-C', ROOT, 'archive', '--format=tar', '-o', archive, PREVIOUS_COMMIT]);
  await run('tar', ['-xf', archive, '-C', folder]);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const stack = async (home: string, act: string): Promise<string> => {
    const script = `import { homedir } from 'node:os';
      import { join } from 'node:path';
      import { createStack } from './infra/dev/stack.ts';
      const cacheDir = process.env.PRATIQUE_CACHE_DIR ?? join(homedir(), '.cache', 'pratique');
      const stack = createStack({ home: ${JSON.stringify(home)}, cacheDir, ports: 'free', log: () => undefined });
      ${act}`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
    return stdout;
  };
  return {
    up: async (home) =>
      JSON.parse(
        await stack(home, 'console.log(JSON.stringify((await stack.up()).record.connection));'),
      ) as StackRecord['connection'],
    down: async (home) => void (await stack(home, 'await stack.down();')),
    startWorker: (home, record) => startWorker(folder, home, record),
  };
}

async function startWorker(folder: string, home: StackHome, { connection }: StackRecord) {
  const definition = serviceDefinitions.find(({ name }) => name === 'worker');
  if (definition === undefined) throw new Error('no service is called worker');
  const log = await open(home.logFile('previous-worker'), 'a');
  using claims = openPortClaims();
  const ports = await claims.allocate({ admin: 0 });
  const env = serviceEnv(definition, { home, connection, ports, log: () => undefined });
  const child = spawn(process.execPath, [join(folder, definition.entry)], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { pid } = child;
  if (pid === undefined) throw new Error('the previous worker can not be started');
  await untilHealthy(`http://127.0.0.1:${ports.admin}/healthz`, () => child.exitCode !== null);
  return {
    pid,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function untilHealthy(url: string, hasEnded: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  for (;;) {
    const healthy = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return;
    if (hasEnded() || Date.now() > end) throw new Error('the previous worker does not run; its log is in the home');
    await delay(200);
  }
}
