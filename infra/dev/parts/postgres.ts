import { spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import process from 'node:process';
import pg from 'pg';
import type { InstallContext, InstalledPart, Part } from '../part.ts';
import { readSecret } from '../secrets.ts';
import { StackError } from '../stack-error.ts';
import { installPostgres } from './postgres-binaries.ts';
import { checkClusterVersion, createCluster, postgresDataRoot, postgresUser } from './postgres-data.ts';

/** Also docker-compose.yml's. Many short queries: nothing here is worth compiling, and checkpoints may be further apart. fsync stays on. */
export const postgresSettings = [
  ...['max_connections=200', 'log_min_messages=warning'],
  ...['jit=off', 'max_wal_size=2GB', 'checkpoint_timeout=15min'],
] as const;

async function install(context: InstallContext): Promise<InstalledPart> {
  const { binDir, version } = await installPostgres(context);
  return {
    version,
    async configure({ home, ports }) {
      const user = process.getuid?.() === 0 ? { user: postgresUser } : {};
      const root = await postgresDataRoot(home);
      const cluster = await createCluster({
        root,
        password: await readSecret(home.postgresPasswordFile),
        run: (program, args, input) => runProgram(join(binDir, program), args, root, input),
      });
      await checkClusterVersion(cluster, version);
      return {
        command: join(binDir, 'postgres'),
        args: [
          ...['-D', cluster, '-p', String(ports.main), '-c', 'listen_addresses=127.0.0.1'],
          ...['-c', 'unix_socket_directories='],
          ...postgresSettings.flatMap((setting) => ['-c', setting]),
        ],
        env: {},
        cwd: root,
        ...user,
      };
    },
  };
}

/** Runs one of Postgres' own programs to its end. Throws START_FAILED with what it wrote to stderr. */
async function runProgram(program: string, args: readonly string[], cwd: string, input: string): Promise<void> {
  const user = process.getuid?.() === 0 ? postgresUser : {};
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'ignore', 'pipe'], ...user });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-10_000);
  });
  // A program that ends before it has read its input says why on stderr.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  throw new StackError('START_FAILED', `postgres: ${basename(program)} ended with ${code}\n${stderr.trim()}`, {
    hint: 'set DATABASE_URL to use another PostgreSQL 15 or later',
  });
}

/** Proves that a query is answered; the message never holds the URL. */
async function checkHealth({ connection }: { connection: { databaseUrl: string } }): Promise<void> {
  const client = new pg.Client({ connectionString: connection.databaseUrl, connectionTimeoutMillis: 3_000 });
  // A server that goes away mid-query reports here as well as in the rejected promise.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end();
  }
}

/** The embedded PostgreSQL: TCP on loopback only, password by SCRAM, superuser and database `pratique`. */
export const embeddedPostgres: Part = {
  name: 'postgres',
  kind: 'server',
  ports: { main: 5432 },
  // SIGTERM would wait for every client to leave.
  stopSignal: 'SIGINT',
  install,
  address: (ports) => `127.0.0.1:${ports.main}`,
  checkHealth,
};

/** A PostgreSQL that somebody else runs, by the URL in DATABASE_URL: checked, never started or stopped. */
export function externalPostgres(databaseUrl: string): Part {
  const { hostname, port } = new URL(databaseUrl);
  return {
    name: 'postgres',
    kind: 'server',
    ports: {},
    stopSignal: 'SIGTERM',
    install: () => Promise.resolve({ version: 'external', configure: () => Promise.resolve(undefined) }),
    address: () => `${hostname}:${port || '5432'}`,
    checkHealth,
  };
}
