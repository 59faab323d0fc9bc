import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createEgress } from '../../../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry, type OciRegistryOptions } from '../../../../adapters/oci/oci-registry.ts';
import { startFakeRegistry } from '../../../fakes/registry/fake-registry.ts';
import { digestOf } from '../../../images.ts';
import { startScriptedServer } from '../egress/scripted-server.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
});

async function start(authorization: string, challenge: string, credentials: OciRegistryOptions['credentials']) {
  const realm = await startFakeRegistry();
  const guard = { authorization, challenge: challenge.replace('REALM', `http://${realm.host}/token`) };
  const server = await startFakeRegistry({ guard });
  const egress = createEgress({ configuredHosts: [server.host, realm.host], allowPublicHosts: false });
  opened.push(server, realm, { [Symbol.asyncDispose]: () => egress.close() });
  const options = { host: server.host, egress, lease: createInProcessLease(), realmHosts: [realm.host] };
  const registry = createOciRegistry(credentials === undefined ? options : { ...options, credentials });
  return { registry, server, realm };
}

const basic = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
const ann = { username: 'ann', password: 'secret' };

describe('the first calls', () => {
  it('at once, all learn that a password is wanted', async () => {
    const { registry } = await start(basic, 'Basic realm="fake"', ann);
    expect(await Promise.all(Array.from({ length: 8 }, () => registry.listTags('shop')))).toEqual(
      Array.from({ length: 8 }, () => []),
    );
  });

  it('at once, share one token', async () => {
    const { registry, realm } = await start('Bearer abc', 'Bearer realm="REALM",service="fake"', ann);
    realm.switches.failNext.push({ status: 200, body: '{"token":"abc"}' });
    await Promise.all(Array.from({ length: 8 }, () => registry.listTags('shop')));
    expect(realm.seen).toHaveLength(1);
  });
});

it('a refusal does not hold the connection that a token is asked for over', async () => {
  const used = new Set<unknown>();
  const server = await startScriptedServer((request, response) => {
    const { host } = request.headers;
    used.add(request.socket);
    if (request.url?.startsWith('/token') === true) return void response.end('{"token":"abc"}');
    if (request.headers.authorization === 'Bearer abc') return void response.end('{"name":"shop","tags":["1"]}');
    response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="fake"` });
    response.end('{"errors":[{"code":"UNAUTHORIZED"}]}');
  });
  const egress = createEgress({ configuredHosts: [server.host], allowPublicHosts: false, connections: 1 });
  opened.push(server, { [Symbol.asyncDispose]: () => egress.close() });
  const registry = createOciRegistry({ host: server.host, egress, lease: createInProcessLease() });
  expect(await registry.listTags('shop')).toEqual(['1']);
  // Else the server closed the first, which nobody spoke on any more, after some seconds.
  expect(used.size).toBe(1);
});

describe('a challenge', () => {
  it('nobody knows is a refusal', async () => {
    const { registry } = await start('Negotiate x', 'Negotiate', ann);
    await expect(registry.listTags('shop')).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  });
});

describe('a token', () => {
  const startGiving = async () => {
    const started = await start('Bearer abc', 'Bearer realm="REALM",service="fake"', ann);
    const scopes = () => started.realm.seen.map(({ url }) => new URL(url, 'http://realm').searchParams.getAll('scope'));
    const give = (token = 'abc', seconds = 300) =>
      started.realm.switches.failNext.push({ status: 200, body: JSON.stringify({ token, expires_in: seconds }) });
    return { ...started, scopes, give };
  };
  const bytes = new TextEncoder().encode('{}');
  const blob = { digest: digestOf(bytes), size: bytes.length };

  it('to write does to read as well', async () => {
    const { registry, scopes, give } = await startGiving();
    give();
    await registry.putBlob('shop', blob, bytes);
    expect(await registry.hasBlob('shop', blob.digest)).toBe(true);
    expect(await registry.listTags('shop')).toEqual([]);
    // The blob is looked for first.
    expect(scopes().at(-1)).toEqual(['repository:shop:pull,push']);
    expect(scopes().length).toBeLessThanOrEqual(2);
  });

  it('to read does not to write, nor elsewhere', async () => {
    const { registry, scopes, give } = await startGiving();
    for (let count = 0; count < 3; count += 1) give();
    await registry.listTags('shop');
    await registry.listTags('other');
    await registry.listTags('shop');
    await registry.putManifest('shop', '1', bytes, 'application/vnd.oci.image.manifest.v1+json').catch(() => undefined);
    expect(scopes()).toEqual([['repository:shop:pull'], ['repository:other:pull'], ['repository:shop:pull,push']]);
  });

  it('that the registry takes no more is replaced, once for all who use it', async () => {
    const { registry, server, scopes, give } = await startGiving();
    give();
    await registry.listTags('shop');
    server.switches.guard = { ...(server.switches.guard as { challenge: string }), authorization: 'Bearer def' };
    give('def');
    await Promise.all([registry.listTags('shop'), registry.listTags('shop'), registry.listTags('shop')]);
    expect(scopes()).toHaveLength(2);
  });

  it('near its end is replaced before it is refused', async () => {
    const { registry, server, scopes, give } = await startGiving();
    give('abc', 0.05);
    await registry.listTags('shop');
    await delay(50);
    give();
    const before = server.seen.length;
    await registry.listTags('shop');
    expect(scopes()).toHaveLength(2);
    expect(server.seen.length - before).toBe(1);
  });
});
