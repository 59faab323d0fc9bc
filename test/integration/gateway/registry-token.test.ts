/** The gateway as the token server of a real CNCF registry: who gets in, and how far. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEgress, type Egress } from '../../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../../adapters/oci/oci-registry.ts';
import { createRegistryTokenIssuer } from '../../../adapters/oci/registry-token-issuer.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import type { Registry } from '../../../domain/artifact/registry.ts';
import { type RegistryService, registryServices } from '../../../domain/identity/registry-access.ts';
import { registryRealm } from '../../../infra/dev/registry-realm.ts';
import { registryTokenIssuer, registryTokenService } from '../../../infra/dev/registry-users.ts';
import { readSecret } from '../../../infra/dev/secrets.ts';
import { selfSignedCertificate } from '../../../infra/dev/self-signed-certificate.ts';
import { createStack, type Stack } from '../../../infra/dev/stack.ts';
import { buildImage, pushImage, type TestImage } from '../../images.ts';
import { type GatewayFixture, startGateway } from './gateway-fixture.ts';

const POLICY = `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: { repositories: ['shop/**', 'tools/**'] }
environments:
  - { name: prod, repository: 'prod/{repository}', mode: audit, gates: [{ gate: digest }] }
signers: []
builders: []
`;

let dir: string;
let stack: Stack;
let gateway: GatewayFixture;
let egress: Egress;
let host: string;
let realm: string;
let image: TestImage;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique-registry-users-'));
  const cacheDir = process.env.PRATIQUE_CACHE_DIR ?? join(homedir(), '.cache', 'pratique');
  stack = createStack({ home: dir, cacheDir, ports: 'free', registryUsers: true, log: () => undefined });
  await stack.up({ services: false, servers: ['registry'] });
  const { connection } = await stack.record();
  host = connection.registry;
  realm = connection.gatewayUrl;
  const { home } = stack;
  gateway = await startGateway({
    registryTokens: {
      issuer: createRegistryTokenIssuer({
        keyPem: await readFile(home.registryTokenKeyFile, 'utf8'),
        certificatePem: await readFile(home.registryTokenCertificateFile, 'utf8'),
        issuer: registryTokenIssuer,
        service: registryTokenService,
      }),
      services: JSON.parse(await readFile(home.registryServicesFile, 'utf8')),
    },
  });
  await createPolicyStore(gateway.db).activate(POLICY, 'policy.yaml', 'the test');
  const { hostname, port } = new URL(realm);
  await gateway.app.listen({ host: hostname, port: Number(port) });
  egress = createEgress({ configuredHosts: [host, registryRealm(realm).host], allowPublicHosts: false });
  image = await buildImage({ layers: [{ files: { 'app/name': 'a small image' } }] });
  for (const repository of ['shop/web', 'tools/lint']) await pushImage(await service('adopt'), repository, image, '1');
  await pushImage(await service('promote'), 'prod/shop/web', image, '1');
  await pushImage(await service('quarantine'), 'quarantine/shop/web', image, '1');
});
afterAll(async () => {
  await egress?.close();
  await gateway?.close();
  await stack?.down();
  await rm(dir, { recursive: true, force: true });
});

function connect(username: string, password: string): Registry {
  const realmHosts = [registryRealm(realm).host];
  return createOciRegistry({
    host,
    egress,
    lease: createInProcessLease(),
    realmHosts,
    credentials: { username, password },
  });
}

const service = async (name: RegistryService): Promise<Registry> =>
  connect(name, await readSecret(stack.home.registryPasswordFile(name)));

const builder = async () =>
  connect(
    'ci',
    await gateway.token('viewer', {
      subject: 'ci@test',
      speaksFor: { repositories: ['shop/**', 'prod/**'], builders: ['https://ci.test/*'] },
    }),
  );
const developer = async () =>
  connect(
    'whoever',
    await gateway.token('viewer', { subject: 'dev@test', speaksFor: { repositories: ['shop/**'], builders: [] } }),
  );

const isRefused = { code: 'REGISTRY_DENIED' };
let other = 0;
/** Another image each time: what a registry has already, it need not be sent again. */
async function push(registry: Registry, repository: string): Promise<unknown> {
  other += 1;
  return pushImage(registry, repository, await buildImage({ layers: [{ files: { name: `${other}` } }] }), 'pushed');
}

describe('a builder', () => {
  it('pushes to intake repositories of its own, and reads them back', async () => {
    await push(await builder(), 'shop/web');
    expect(await (await builder()).resolve('shop/web', 'pushed')).toBeDefined();
  });

  it.each(['prod/shop/web', 'quarantine/shop/web', 'rebuild/shop/web', 'tools/lint', 'prod/prod/x', 'nowhere/x'])(
    'pushes nothing to %s, whatever its token speaks for',
    async (repository) => {
      await expect(push(await builder(), repository)).rejects.toMatchObject(isRefused);
    },
  );

  it('reads nothing else', async () => {
    await expect((await builder()).resolve('tools/lint', '1')).rejects.toMatchObject(isRefused);
  });

  it('takes nothing out', async () => {
    await expect((await builder()).deleteManifest('shop/web', image.top.digest)).rejects.toMatchObject(isRefused);
  });

  it('that tries is told of, once', async () => {
    for (let again = 0; again < 2; again += 1)
      await expect(push(await builder(), 'prod/shop/api')).rejects.toMatchObject(isRefused);
    const told = await gateway.db
      .selectFrom('outbox')
      .select(['type', 'actor', 'data'])
      .where('subject', '=', 'registry/ci@test')
      .execute();
    expect(told.filter(({ data }) => (data as { repository?: string }).repository === 'prod/shop/api')).toEqual([
      { type: 'registry.write-refused', actor: 'ci@test', data: { repository: 'prod/shop/api', actions: ['push'] } },
    ]);
  });
});

describe('people', () => {
  it('read what is live, and push only where they speak for something', async () => {
    const registry = await developer();
    expect((await registry.resolve('prod/shop/web', '1'))?.digest).toBe(image.top.digest);
    await push(registry, 'shop/web');
    await expect(push(registry, 'tools/lint')).rejects.toMatchObject(isRefused);
    await expect(push(registry, 'prod/shop/web')).rejects.toMatchObject(isRefused);
  });

  it('administrators too', async () => {
    const registry = connect('root', await gateway.token('admin'));
    expect(await registry.listRepositories()).toContain('prod/shop/web');
    await expect(push(registry, 'prod/shop/web')).rejects.toMatchObject(isRefused);
    await expect(push(registry, 'shop/web')).rejects.toMatchObject(isRefused);
  });

  it('read what is quarantined only where they look into incidents', async () => {
    const responder = connect('rita', await gateway.token('responder'));
    expect(await responder.resolve('quarantine/shop/web', '1')).toBeDefined();
    await expect((await developer()).resolve('quarantine/shop/web', '1')).rejects.toMatchObject(isRefused);
    await expect((await developer()).listRepositories()).rejects.toMatchObject(isRefused);
  });

  it('with a revoked token get none', async () => {
    const text = await gateway.token('viewer', { subject: 'gone@test' });
    const { id } = await gateway.db
      .selectFrom('api_token')
      .select('id')
      .where('subject', '=', 'gone@test')
      .executeTakeFirstOrThrow();
    await gateway.db
      .updateTable('api_token')
      .set({ revoked_at: new Date(0) })
      .where('id', '=', id)
      .execute();
    await expect(connect('gone', text).resolve('prod/shop/web', '1')).rejects.toMatchObject(isRefused);
  });
});

describe("Pratique's own hands", () => {
  const may: Readonly<Record<RegistryService, readonly string[]>> = {
    read: [],
    promote: ['prod/shop/web'],
    evidence: ['prod/shop/web', 'shop/web', 'quarantine/shop/web'],
    quarantine: ['quarantine/shop/web'],
    adopt: ['shop/web'],
    rebuild: ['rebuild/shop/web'],
  };
  const places = ['prod/shop/web', 'shop/web', 'quarantine/shop/web', 'rebuild/shop/web'];
  it.each(registryServices.flatMap((name) => places.map((place) => [name, place] as const)))(
    '%s at %s',
    async (name, place) => {
      const pushed = push(await service(name), place);
      if (may[name].includes(place)) await pushed;
      else await expect(pushed).rejects.toMatchObject(isRefused);
    },
  );

  it('the one of quarantine takes out of an environment, and no other but the one that put it there', async () => {
    const digest = await pushImage(
      await service('promote'),
      'prod/shop/bad',
      await buildImage({ layers: [{ files: { name: 'bad' } }] }),
      '1',
    );
    for (const name of ['evidence', 'read', 'adopt', 'rebuild'] as const)
      await expect((await service(name)).deleteManifest('prod/shop/bad', digest)).rejects.toMatchObject(isRefused);
    await (await service('quarantine')).deleteManifest('prod/shop/bad', digest);
    expect(await (await service('read')).resolve('prod/shop/bad', digest)).toBeUndefined();
  });

  it('have a name and a password each: one does not do for another', async () => {
    const password = await readSecret(stack.home.registryPasswordFile('read'));
    await expect(push(connect('promote', password), 'prod/shop/web')).rejects.toMatchObject(isRefused);
  });
});

describe('strangers', () => {
  const url = () => `http://${host}/v2/prod/shop/web/blobs/uploads/`;

  it('without a login begin no upload', async () => {
    expect((await fetch(url(), { method: 'POST' })).status).toBe(401);
    const answer = await fetch(`${realm}/registry/token?service=pratique-registry&scope=repository:shop/web:pull`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('with a token by another key begin none', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const dates = { notBefore: new Date(Date.now() - 1000), notAfter: new Date(Date.now() + 1e9) };
    const forged = createRegistryTokenIssuer({
      keyPem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      certificatePem: selfSignedCertificate({ key: privateKey, commonName: 'Pratique registry tokens', ...dates }),
      issuer: registryTokenIssuer,
      service: registryTokenService,
    });
    const access = [{ type: 'repository', name: 'prod/shop/web', actions: ['pull', 'push'] as const }];
    const headers = { authorization: `Bearer ${forged.issue('pratique/promote', access, new Date()).token}` };
    expect((await fetch(url(), { method: 'POST', headers })).status).toBe(401);
  });

  it('with a token of a registry that has ended begin none', async () => {
    const { home } = stack;
    const issuer = createRegistryTokenIssuer({
      keyPem: await readFile(home.registryTokenKeyFile, 'utf8'),
      certificatePem: await readFile(home.registryTokenCertificateFile, 'utf8'),
      issuer: registryTokenIssuer,
      service: registryTokenService,
    });
    const access = [{ type: 'repository', name: 'prod/shop/web', actions: ['pull', 'push'] as const }];
    const start = (now: Date) =>
      fetch(url(), {
        method: 'POST',
        headers: { authorization: `Bearer ${issuer.issue('pratique/promote', access, now).token}` },
      });
    expect((await start(new Date(Date.now() - 7 * 60_000))).status).toBe(401);
    // The registry's clock may be a minute behind.
    expect((await start(new Date(Date.now() + 60_000))).status).toBe(202);
  });
});

describe('what clients send', () => {
  const ask = (path: string, init?: RequestInit) => fetch(`${realm}/registry/token${path}`, init);
  const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`x:${password}`).toString('base64')}` });
  const claimsOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { access: unknown; sub: string };

  it('docker login: no scope, and a token that allows nothing', async () => {
    const headers = basic(await gateway.token('viewer'));
    const answer = await ask('?account=x&client_id=docker&offline_token=true&service=pratique-registry', { headers });
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { token: string; access_token: string; expires_in: number };
    expect(body).toMatchObject({ expires_in: 300, access_token: body.token });
    expect(claimsOf(body.token)).toMatchObject({ access: [], sub: 'viewer@test' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('containerd: a form', async () => {
    const form = { grant_type: 'password', service: 'pratique-registry', username: 'x', client_id: 'containerd' };
    const scope = 'repository:prod/shop/web:pull,push repository:shop/web:pull';
    const body = new URLSearchParams({ ...form, scope, password: await gateway.token('viewer') });
    const answer = await ask('', { method: 'POST', body });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ scope: 'repository:prod/shop/web:pull repository:shop/web:pull' });
    const refresh = new URLSearchParams({ ...form, grant_type: 'refresh_token', refresh_token: 'x' });
    expect((await ask('', { method: 'POST', body: refresh })).status).toBe(400);
  });

  it.each([
    ['another service', '?service=elsewhere', 400],
    ['too many scopes', `?${'scope=repository:a:pull&'.repeat(40)}`, 400],
    ['scopes that are none', '?scope=repository&scope=:::&scope=repository:a:fly&scope=plugin:a:pull', 200],
  ])('%s', async (_, path, status) => {
    const answer = await ask(path, { headers: basic(await gateway.token('viewer')) });
    expect(answer.status).toBe(status);
    if (status === 200) expect(claimsOf(((await answer.json()) as { token: string }).token).access).toEqual([]);
  });

  it('too many wrong passwords are told to wait, and keep nobody else out', async () => {
    const statuses: number[] = [];
    for (let tries = 0; tries < 30; tries += 1) statuses.push((await ask('', { headers: basic('wrong') })).status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await ask('', { headers: basic(await gateway.token('viewer')) })).status).toBe(200);
  });

  it('no password is kept: the gateway has its hash', async () => {
    const services = JSON.parse(await readFile(stack.home.registryServicesFile, 'utf8')) as Record<string, string>;
    const password = await readSecret(stack.home.registryPasswordFile('promote'));
    expect(services.promote).toBe(createHash('sha256').update(password).digest('hex'));
    expect(Object.values(services)).not.toContain(password);
  });
});

describe('an environment that the policy gives another repository', () => {
  it('is taken out of the one of before where something was let in there, and nowhere else', async () => {
    const bad = await buildImage({ layers: [{ files: { name: 'live when the place moved' } }] });
    const digest = bad.top.digest;
    for (const at of ['prod/shop/moved', 'prod/shop/stray'])
      await pushImage(await service('promote'), at, bad, 'moved');
    const placement = { environment: 'prod', destination: 'prod/shop/moved', digest, state: 'live' } as const;
    await gateway.db.insertInto('placement').values(placement).execute();
    const moved = POLICY.replace('version: 1', 'version: 2').replace("'prod/{", "'prod2/{");
    await createPolicyStore(gateway.db).activate(moved, 'policy.yaml', 'the test');
    for (const name of ['evidence', 'read', 'adopt', 'rebuild'] as const)
      await expect((await service(name)).deleteManifest('prod/shop/moved', digest)).rejects.toMatchObject(isRefused);
    await expect(push(await developer(), 'prod/shop/moved')).rejects.toMatchObject(isRefused);
    const quarantine = await service('quarantine');
    await expect(quarantine.deleteManifest('prod/shop/stray', digest)).rejects.toMatchObject(isRefused);
    await quarantine.deleteManifest('prod/shop/moved', digest);
    expect(await (await service('read')).resolve('prod/shop/moved', 'moved')).toBeUndefined();
  });
});
