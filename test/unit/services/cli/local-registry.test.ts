/** The registry of the local stack needs no login of whoever may read the stack's files. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stackHome } from '../../../../infra/dev/stack-home.ts';
import { writeStackRecord } from '../../../../infra/dev/stack-record.ts';
import type { CliIo } from '../../../../services/cli/io.ts';
import { findLocalRegistry } from '../../../../services/cli/local-registry.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pratique-local-registry-'));
  const home = stackHome(path.join(dir, '.pratique'));
  await mkdir(path.join(home.dir, 'below'), { recursive: true });
  const connection = {
    databaseUrl: 'postgres://x',
    kafkaBrokers: 'x:1',
    temporalAddress: 'x:2',
    temporalNamespace: 'default',
    temporalUi: 'http://x:3',
    registry: '127.0.0.1:5000',
    gatewayUrl: 'http://127.0.0.1:8080',
  };
  writeStackRecord(home, { format: 1, supervisor: null, ready: true, connection, parts: [] });
  await writeFile(home.pushTokenFile, 'prq_push\n');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const find = (host: string, env: Record<string, string> = {}) =>
  findLocalRegistry(host, { cwd: path.join(dir, '.pratique', 'below'), env } as unknown as CliIo);

test.each(['127.0.0.1:5000', 'localhost:5000'])('%s is it', async (host) => {
  const found = await find(host);
  expect(found?.realmHost).toBe('localhost:8080');
  expect((await found?.credentials())?.password).toBe('prq_push');
});

test('a token that is named counts more', async () => {
  expect((await (await find('localhost:5000', { PRATIQUE_TOKEN: 'prq_mine' }))?.credentials())?.password).toBe(
    'prq_mine',
  );
});

test.each(['localhost:5001', 'registry.example.com:5000', 'localhost'])(
  '%s is another, and gets no token',
  async (host) => {
    expect(await find(host)).toBeUndefined();
  },
);

test('without a stack there is none', async () => {
  expect(await find('localhost:5000', { PRATIQUE_HOME: path.join(dir, 'nowhere') })).toBeUndefined();
});
