/** Registries that lead their clients elsewhere: to another host, to nobody's network, or round and round. */
import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createEgress } from '../../../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry, type OciRegistryOptions } from '../../../../adapters/oci/oci-registry.ts';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { type ScriptedServer, startScriptedServer } from '../egress/scripted-server.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});
async function serve(answer: RequestListener): Promise<ScriptedServer> {
  const server = await startScriptedServer(answer);
  opened.push(server);
  return server;
}
function connect(server: ScriptedServer, also: readonly string[] = [], options: Partial<OciRegistryOptions> = {}) {
  const egress = createEgress({ configuredHosts: [server.host, ...also], allowPublicHosts: true });
  opened.push({ [Symbol.asyncDispose]: () => egress.close() });
  return createOciRegistry({ host: server.host, egress, lease: createInProcessLease(), ...options });
}
const credentials = { username: 'ann', password: 'secret' };
const digest = `sha256:${'a'.repeat(64)}` as Digest;
const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] });
const silent: RequestListener = (_request, response) => void response.end();

describe('pages', () => {
  const pages = {
    tags: { body: '{"name":"shop","tags":["1"]}', type: 'application/json' },
    referrers: { body: index, type: mediaTypes.ociIndex },
  };
  const ask = {
    tags: (registry: ReturnType<typeof connect>) => registry.listTags('shop'),
    referrers: (registry: ReturnType<typeof connect>) => registry.listReferrers('shop', digest),
  };

  it.each(['tags', 'referrers'] as const)('of %s that go on at another host are not followed', async (kind) => {
    const other = await serve(silent);
    const server = await serve((_request, response) => {
      const { body, type } = pages[kind];
      response
        .writeHead(200, { 'content-type': type, link: `<http://${other.host}/v2/shop/more>; rel="next"` })
        .end(body);
    });
    await expect(ask[kind](connect(server, [other.host], { credentials }))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringMatching(/another host/),
    });
    expect(other.seen).toEqual([]);
  });

  it.each(['tags', 'referrers'] as const)('of %s without end come to one', async (kind) => {
    const server = await serve((_request, response) => {
      const { body, type } = pages[kind];
      response.writeHead(200, { 'content-type': type, link: `</v2/shop/again>; rel="next"` }).end(body);
    });
    await ask[kind](connect(server)).catch((error: unknown) => expect(error).toMatchObject({ name: 'RegistryError' }));
    expect(server.seen.length).toBeLessThanOrEqual(1001);
  });
});

describe('the realm of a token', () => {
  const challenging =
    (realm: string): RequestListener =>
    (_request, response) =>
      void response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end();

  it.each([
    ['the metadata service', 'http://169.254.169.254/latest/meta-data/'],
    ['the metadata service, with TLS', 'https://169.254.169.254/latest/'],
    ['a private network', 'https://10.0.0.1/token'],
    ['loopback, mapped', 'https://[::ffff:127.0.0.1]/token'],
    ['a file', 'file:///etc/passwd'],
  ])('%s is not asked, with credentials or without', async (_name, realm) => {
    const server = await serve(challenging(realm));
    for (const options of [{}, { credentials, realmHosts: [] }])
      await expect(connect(server, [], options).resolve('shop', '1')).rejects.toMatchObject({
        code: 'REGISTRY_DENIED',
      });
  });

  it('a configured realm that sends us on does not send our password on', async () => {
    const thief = await serve((_request, response) => void response.end('{"token":"x"}'));
    const realm = await serve((_request, response) => {
      response.writeHead(307, { location: `http://${thief.host}/token` }).end();
    });
    const server = await serve(challenging(`http://${realm.host}/token`));
    const registry = connect(server, [realm.host, thief.host], { credentials, realmHosts: [realm.host] });
    await expect(registry.resolve('shop', '1')).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    expect(realm.seen.map(({ headers }) => headers.authorization)).toEqual([expect.stringMatching(/^Basic /)]);
    expect(thief.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('a realm with a user in its address gets no more for it', async () => {
    const other = await serve((_request, response) => void response.end('{"token":"x"}'));
    const server = await serve((request, response) =>
      challenging(`http://${server.host}@${other.host}/token`)(request, response),
    );
    await expect(connect(server, [other.host], { credentials }).resolve('shop', '1')).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
    });
    expect(other.seen).toEqual([]);
  });
});
