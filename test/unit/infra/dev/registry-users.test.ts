/** What the local registry's users are made of. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { readDockerCredentials } from '../../../../adapters/oci/docker-credentials.ts';
import { registryServices } from '../../../../domain/identity/registry-access.ts';
import { registryConfig } from '../../../../infra/dev/parts/registry-config.ts';
import { ensureRegistryUsers, writeRegistryLogins } from '../../../../infra/dev/registry-users.ts';
import { readSecret } from '../../../../infra/dev/secrets.ts';
import { createStackHome, type StackHome, stackHome } from '../../../../infra/dev/stack-home.ts';

let home: StackHome;
beforeEach(async () => {
  home = stackHome(await mkdtemp(join(tmpdir(), 'pratique-users-')));
  await createStackHome(home);
  await ensureRegistryUsers(home);
});
afterEach(() => rm(home.dir, { recursive: true, force: true }));

it('is made once: a second time changes nothing', async () => {
  const files = [home.registryTokenKeyFile, home.registryTokenCertificateFile, home.registryServicesFile];
  const read = () =>
    Promise.all([...files, ...registryServices.map(home.registryPasswordFile)].map((file) => readFile(file, 'utf8')));
  const before = await read();
  await ensureRegistryUsers(home);
  expect(await read()).toEqual(before);
});

it('a certificate that is lost is made again for the same key', async () => {
  const key = await readFile(home.registryTokenKeyFile, 'utf8');
  await rm(home.registryTokenCertificateFile);
  await ensureRegistryUsers(home);
  expect(await readFile(home.registryTokenKeyFile, 'utf8')).toBe(key);
  expect(await readFile(home.registryTokenCertificateFile, 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/);
});

it('a password that is made anew is known by its hash from then on', async () => {
  await rm(home.registryPasswordFile('promote'));
  await ensureRegistryUsers(home);
  const password = await readSecret(home.registryPasswordFile('promote'));
  const hashes = JSON.parse(await readFile(home.registryServicesFile, 'utf8'));
  expect(hashes.promote).toBe(createHash('sha256').update(password).digest('hex'));
});

test.each([
  ['dispatcher', ['read']],
  ['worker', ['read', 'adopt', 'promote', 'quarantine']],
  ['trust', ['read', 'evidence']],
  ['builder', ['rebuild']],
])('%s has the logins %j, for its owner only', async (name, [first, ...others]) => {
  expect(await writeRegistryLogins(home, name, '127.0.0.1:5000')).toBe(true);
  const folder = home.registryLoginDir(name);
  expect((await readdir(folder)).toSorted()).toEqual([...others, 'config.json'].toSorted());
  const login = async (place: string) =>
    (await readDockerCredentials('127.0.0.1:5000', join(place, 'config.json'), {}))?.username;
  expect(await login(folder)).toBe(first);
  for (const other of others) {
    expect(await login(join(folder, other))).toBe(other);
    expect((await stat(join(folder, other, 'config.json'))).mode & 0o077).toBe(0);
  }
});

it('the gateway has no login', async () => {
  expect(await writeRegistryLogins(home, 'gateway', '127.0.0.1:5000')).toBe(false);
});

test.each([
  [
    'with users',
    { gatewayUrl: 'http://127.0.0.1:8080', certificateFile: '/x.crt' },
    'http://localhost:8080/registry/token',
  ],
  ['without', undefined, undefined],
])('the registry %s', (_, users, realm) => {
  const config = registryConfig({
    ...{ listen: 'x', storageDir: '/x', gatewayUrl: 'http://g', webhookSecret: 's', httpSecret: 'h' },
    ...(users === undefined ? {} : { users }),
  });
  expect(parse(config).auth?.token.realm).toBe(realm);
});
