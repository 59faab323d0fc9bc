/** PostgreSQL that takes TLS only, from whom its authority knows, with a password from a file. */
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../../../adapters/environment/config-error.ts';
import { parseEnvironment } from '../../../adapters/environment/parse-environment.ts';
import { clientConfig } from '../../../adapters/postgres/client-config.ts';
import { connectDatabase } from '../../../adapters/postgres/database.ts';
import { postgresVariables, readPostgres } from '../../../adapters/postgres/postgres-variables.ts';
import { embeddedPostgres } from '../../../infra/dev/parts/postgres.ts';
import { postgresUser } from '../../../infra/dev/parts/postgres-data.ts';
import { readSecret } from '../../../infra/dev/secrets.ts';
import { createTestAuthority, writeFiles } from '../../certificates.ts';
import { type OwnServer, startOwnServer } from '../../own-server.ts';

const authority = createTestAuthority('database authority');
const folder = mkdtempSync(join(tmpdir(), 'pratique-postgres-tls-'));
const client = authority.issue('pratique');
const files = writeFiles(folder, {
  ca: authority.ca,
  otherCa: createTestAuthority('another authority').ca,
  cert: client.cert,
  key: client.key,
});
let server: OwnServer;
let password: string;

beforeAll(async () => {
  server = await startOwnServer(
    embeddedPostgres,
    async ({ launch }) => {
      // As the cluster is: the server reads its key from nobody else's file.
      const place = (name: string, text: string) => {
        const file = join(launch.cwd, name);
        writeFileSync(file, text, { mode: 0o600 });
        if (process.getuid?.() === 0) chownSync(file, postgresUser.uid, postgresUser.gid);
        return file;
      };
      const own = authority.issue('the database', ['localhost']);
      const settings = {
        ssl: 'on',
        ssl_cert_file: place('server.crt', own.cert),
        ssl_key_file: place('server.key', own.key),
        ssl_ca_file: place('ca.crt', authority.ca),
        hba_file: place('hba.conf', 'hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n'),
      };
      const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      return { ...launch, args: [...launch.args, ...flags] };
    },
    async ({ home, ports }) => {
      const probe = new pg.Client({
        ...{ host: 'localhost', port: ports.main ?? 0, user: 'pratique', database: 'pratique' },
        password: await readSecret(home.postgresPasswordFile),
        ssl: { ca: authority.ca, ...client },
      });
      probe.on('error', () => undefined);
      await probe.connect();
      await probe.end();
    },
  );
  password = await readSecret(server.home.postgresPasswordFile);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const ours = () => `sslrootcert=${files.ca}&sslcert=${files.cert}&sslkey=${files.key}`;
/** As a service reads it. */
const read = (query: string, hostname = 'localhost', passwordFile = server.home.postgresPasswordFile) =>
  readPostgres(
    parseEnvironment('test', z.object(postgresVariables), {
      DATABASE_URL: `postgres://pratique@${hostname}:${server.ports.main}/pratique${query}`,
      DATABASE_PASSWORD_FILE: passwordFile,
    }),
  );
async function ask(url: string): Promise<unknown> {
  const db = connectDatabase({ url, connections: 1, applicationName: 'tls-test' });
  try {
    const { rows } =
      await sql`select ssl, client_serial is not null as certified from pg_stat_ssl where pid = pg_backend_pid()`.execute(
        db,
      );
    return rows[0];
  } finally {
    await db.destroy();
  }
}

it('the pool and a connection of its own: encrypted, certified on both sides, the password from its file', async () => {
  const url = read(`?sslmode=verify-full&${ours()}`);
  expect(await ask(url)).toEqual({ ssl: true, certified: true });
  const alone = new pg.Client(clientConfig(url));
  await alone.connect();
  expect((await alone.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')).rows).toEqual([{ ssl: true }]);
  await alone.end();
});

describe('who may be on the other side', () => {
  it.each<[string, string, string, RegExp | undefined]>([
    ['nothing is encrypted', '', 'localhost', /no encryption/],
    ['no certificate of ours', '?sslmode=verify-full&sslrootcert=CA', 'localhost', /certificate/],
    ['another authority', '?sslmode=verify-full&sslrootcert=OTHER&OWN', 'localhost', /unable to verify|self.signed/],
    ["none but the system's", '?sslmode=verify-full&OWN', 'localhost', /unable to verify|self.signed/],
    ['require believes anybody, as in libpq', '?sslmode=require&OWN', 'localhost', undefined],
    [
      'require with a root certificate does not',
      '?sslmode=require&sslrootcert=OTHER&OWN',
      'localhost',
      /unable to verify|self.signed/,
    ],
  ])('%s', async (_name, query, hostname, failure) => {
    const filled = query
      .replace('OWN', `sslcert=${files.cert}&sslkey=${files.key}`)
      .replace('OTHER', files.otherCa)
      .replace('CA', files.ca);
    const answer = ask(read(filled, hostname));
    if (failure === undefined) expect(await answer).toMatchObject({ ssl: true });
    else await expect(answer).rejects.toThrow(failure);
  });

  it('verify-full looks at the name, verify-ca at the authority alone', async () => {
    // The certificate is for `localhost` and for no address.
    await expect(ask(read(`?sslmode=verify-full&${ours()}`, '127.0.0.1'))).rejects.toThrow(/altnames/);
    expect(await ask(read(`?sslmode=verify-ca&${ours()}`, '127.0.0.1'))).toEqual({ ssl: true, certified: true });
  });

  it('a wrong password', async () => {
    const { wrong } = writeFiles(folder, { wrong: 'not the password' });
    await expect(ask(read(`?sslmode=verify-full&${ours()}`, 'localhost', wrong))).rejects.toThrow(/password/);
  });
});

describe('what can not be meant ends the start', () => {
  it.each<[string, string, string]>([
    ['two passwords', `postgres://u:p@h/d`, 'leave one of them out'],
    ['a mode that leaves it to the server', 'postgres://u@h/d?sslmode=prefer', 'Take verify-full'],
    ['files without a mode', 'postgres://u@h/d?sslrootcert=/x', 'Add sslmode=verify-full'],
    ['verify-ca with the public authorities', 'postgres://u@h/d?sslmode=verify-ca', 'needs sslrootcert'],
    ['half a pair', 'postgres://u@h/d?sslmode=verify-full&sslcert=/x', 'needs DATABASE_URL sslkey'],
    ['a file that is not there', 'postgres://u@h/d?sslmode=verify-full&sslrootcert=/no', '/no cannot be read (ENOENT)'],
    ['nobody to have the password', 'postgres:///d', 'needs user@host'],
  ])('%s', (_name, url, message) => {
    const start = () =>
      readPostgres(
        parseEnvironment('test', z.object(postgresVariables), {
          DATABASE_URL: url,
          DATABASE_PASSWORD_FILE: server.home.postgresPasswordFile,
        }),
      );
    expect(start).toThrow(ConfigError);
    expect(start).toThrow(message);
    expect(start).not.toThrow(password);
  });
});
