/** The registry contract through TLS of an authority of our own, with users: credentials from a helper and from config.json. */

import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { parseEnvironment } from '../../../adapters/environment/parse-environment.ts';
import { connectRegistry } from '../../../adapters/oci/connect.ts';
import { createInProcessLease } from '../../../adapters/oci/in-process-lease.ts';
import { readRegistry, registryVariables } from '../../../adapters/oci/registry-variables.ts';
import { registryWithoutUsers } from '../../../infra/dev/parts/registry.ts';
import { createTestAuthority, writeFiles } from '../../certificates.ts';
import { registryContract } from '../../contracts/registry.ts';
import { buildImage, pushImage } from '../../images.ts';
import { type OwnServer, startOwnServer } from '../../own-server.ts';

/** crypt(3) with bcrypt of "registry password": all the registry takes. */
const HASH = '$2y$05$abcdefghijklmnopqrstuucoBHxrOz1JPhvMP97TeQ3r1OHQFXeau';
const PASSWORD = 'registry password';

const authority = createTestAuthority('registry authority');
const folder = mkdtempSync(join(tmpdir(), 'pratique-registry-login-'));
const files = writeFiles(folder, { ca: authority.ca });
const lease = createInProcessLease();
const opened: (() => Promise<void>)[] = [];

let server: OwnServer;
beforeAll(async () => {
  server = await startOwnServer(
    registryWithoutUsers,
    async ({ launch }) => {
      const own = authority.issue('the registry');
      const config = parse(await readFile(join(launch.cwd, 'config.yml'), 'utf8')) as Record<string, object>;
      const placed = writeFiles(launch.cwd, {
        'server.crt': own.cert,
        'server.key': own.key,
        htpasswd: `helped:${HASH}\nread:${HASH}\n`,
      });
      const secured = {
        ...config,
        http: { ...config.http, tls: { certificate: placed['server.crt'], key: placed['server.key'] } },
        auth: { htpasswd: { realm: 'test', path: placed.htpasswd } },
        notifications: {},
      };
      await writeFile(join(launch.cwd, 'config.yml'), stringify(secured), { mode: 0o600 });
      return launch;
    },
    async ({ ports }) => {
      const socket = connect(ports.main ?? 0, '127.0.0.1');
      await once(socket, 'connect');
      socket.destroy();
    },
  );
  // docker login's file names a helper for the host; the folder `quarantine` has a user of its own in it.
  const host = `localhost:${server.ports.main}`;
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ credHelpers: { [host]: 'test' } }));
  const auth = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');
  for (const [service, password] of [
    ['read', PASSWORD],
    ['quarantine', 'an old password'],
  ] as const) {
    mkdirSync(join(folder, service));
    writeFileSync(
      join(folder, service, 'config.json'),
      JSON.stringify({ auths: { [host]: { auth: auth('read', password) } } }),
    );
  }
  const helper = join(folder, 'docker-credential-test');
  writeFileSync(helper, `#!/bin/sh\nprintf '{"ServerURL":"%s","Username":"helped","Secret":"${PASSWORD}"}' "$(cat)"\n`);
  chmodSync(helper, 0o755);
});
afterAll(async () => {
  for (const close of opened) await close();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** As a service is told; an empty variable is an unset one. */
function open(change: Readonly<Record<string, string>> = {}) {
  const env = {
    PATH: `${folder}:${process.env.PATH}`,
    PRATIQUE_REGISTRY: `localhost:${server.ports.main}`,
    PRATIQUE_REGISTRY_PLAIN_HTTP: 'false',
    PRATIQUE_REGISTRY_CA_FILE: files.ca,
    PRATIQUE_REGISTRY_CONFIG: folder,
    ...change,
  };
  const connected = connectRegistry(readRegistry(parseEnvironment('test', z.object(registryVariables), env), env), {
    lease,
  });
  opened.push(connected.close);
  return connected;
}

describe('with the credentials of a helper', () => registryContract(() => open().as('promote')));

it('each kind of work has its own credentials where the folder has some', async () => {
  const image = await buildImage({ layers: [{ files: { a: 'b' } }] });
  const registry = open();
  await pushImage(registry.as('promote'), 'logins/app', image, '1.0');
  expect((await registry.as('read').resolve('logins/app', '1.0'))?.digest).toBe(image.top.digest);
  await expect(registry.as('quarantine').resolve('logins/app', '1.0')).rejects.toMatchObject({
    code: 'REGISTRY_DENIED',
  });
  expect(registry.as('promote')).toBe(registry.as('evidence'));
});

it.each<[string, Readonly<Record<string, string>>, string]>([
  ['nobody in particular', { PRATIQUE_REGISTRY_CONFIG: '' }, 'REGISTRY_DENIED'],
  ['an authority nobody named', { PRATIQUE_REGISTRY_CA_FILE: '' }, 'REGISTRY_UNAVAILABLE'],
  ['a helper that is not there', { PATH: '/nowhere' }, 'REGISTRY_UNAVAILABLE'],
])('%s gets nothing', async (_name, change, code) => {
  await expect(open(change).as('promote').listTags('logins/app')).rejects.toMatchObject({ code });
});
