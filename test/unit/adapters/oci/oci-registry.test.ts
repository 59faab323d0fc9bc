import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createEgress } from '../../../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry, type OciRegistryOptions } from '../../../../adapters/oci/oci-registry.ts';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import {
  type FakeRegistry,
  type FakeRegistrySwitches,
  startFakeRegistry,
} from '../../../fakes/registry/fake-registry.ts';
import { buildImage, buildReferrer, digestOf, manifestBytes, pushImage } from '../../../images.ts';
import { hasty, patient } from '../../../patience.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
});

async function start(switches: Partial<FakeRegistrySwitches> = {}): Promise<FakeRegistry> {
  const server = await startFakeRegistry(switches);
  opened.push(server);
  return server;
}

function connect(
  server: Pick<FakeRegistry, 'host'>,
  also: readonly string[] = [],
  options: Partial<OciRegistryOptions> = {},
  timeouts = patient,
) {
  const egress = createEgress({
    configuredHosts: [server.host, ...also],
    allowPublicHosts: false,
    timeouts,
  });
  opened.push({ [Symbol.asyncDispose]: () => egress.close() });
  return createOciRegistry({ host: server.host, egress, lease: createInProcessLease(), ...options });
}

const shop = await buildImage({ layers: [{ files: { a: 'shop' } }] });
const bytes = new TextEncoder().encode('some blob of forty-odd bytes, more or less');
const blob = { digest: digestOf(bytes), size: bytes.byteLength };
const credentials = { username: 'ann', password: 'secret' };
const basic = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
const calls = (server: FakeRegistry) =>
  server.seen.map(({ method, url }) => `${method} ${url.replace('/v2/shop/', '').replace(/[a-f0-9]{60}/, '…')}`);

describe('a blob that is not what its descriptor says', () => {
  it.each([
    ['truncated', 'REGISTRY_TRUNCATED'],
    ['other-bytes', 'REGISTRY_DIGEST_MISMATCH'],
    ['endless', 'REGISTRY_DIGEST_MISMATCH'],
    ['broken-off', 'REGISTRY_UNAVAILABLE'],
    ['silent', 'REGISTRY_UNAVAILABLE'],
  ] as const)('%s: %s', async (blobs, code) => {
    const server = await start();
    await connect(server).putBlob('shop', blob, bytes);
    server.switches.blobs = blobs;
    const registry = connect(server, [], {}, blobs === 'silent' ? hasty : patient);
    await expect(registry.getBlobBytes('shop', blob, 100)).rejects.toMatchObject({ name: 'RegistryError', code });
  });

  it('is not even asked for where its descriptor is larger than wanted', async () => {
    const server = await start();
    await expect(connect(server).getBlobBytes('shop', blob, 10)).rejects.toMatchObject({ code: 'REGISTRY_TOO_LARGE' });
    expect(server.seen).toEqual([]);
  });
});

describe('a manifest that is not what it should be', () => {
  const text = (content: object) => new TextEncoder().encode(JSON.stringify(content));
  const config = { mediaType: mediaTypes.ociConfig, ...blob };
  const both = text({ schemaVersion: 2, config, layers: [], manifests: [] });
  const image = text({ schemaVersion: 2, config, layers: [] });
  it.each<[string, Uint8Array, string]>([
    ['image and index at once', both, mediaTypes.ociManifest],
    ['an image called an index', image, mediaTypes.ociIndex],
    ['an index called an image', text({ schemaVersion: 2, manifests: [] }), mediaTypes.ociManifest],
    ['schema 1', text({ schemaVersion: 1, config, layers: [] }), mediaTypes.ociManifest],
    ['no JSON', new TextEncoder().encode('nothing'), mediaTypes.ociManifest],
  ])('%s', async (_name, content, mediaType) => {
    const server = await start();
    const digest = digestOf(content);
    server.store.repository('shop').manifests.set(digest, { bytes: content, mediaType });
    await expect(connect(server).getManifest('shop', digest)).rejects.toMatchObject({
      ...{ code: 'REGISTRY_BAD_MANIFEST', digest },
    });
  });

  // Its digest is that of what was signed: the bytes have signatures beside it.
  it('what Docker pushed before 2016, under a tag, is told with the digest the registry has for it', async () => {
    const server = await start();
    const content = text({ schemaVersion: 1, name: 'shop', fsLayers: [], signatures: [] });
    const [mediaType, digest] = ['application/vnd.docker.distribution.manifest.v1+prettyjws', blob.digest];
    server.store.repository('shop').manifests.set(digest, { bytes: content, mediaType });
    server.store.repository('shop').tags.set('0.9', digest);
    for (const reference of ['0.9', digest])
      await expect(connect(server).resolve('shop', reference)).rejects.toMatchObject({
        ...{ code: 'REGISTRY_BAD_MANIFEST', digest },
      });
  });

  it('other bytes than the digest that was asked for', async () => {
    const server = await start();
    server.store.repository('shop').manifests.set(shop.top.digest, { bytes: image, mediaType: mediaTypes.ociManifest });
    await expect(connect(server).getManifest('shop', shop.top.digest)).rejects.toMatchObject({
      code: 'REGISTRY_DIGEST_MISMATCH',
    });
  });

  it('more than four mebibytes', async () => {
    const server = await start();
    const large = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');
    server.store.putManifest('shop', 'large', large, mediaTypes.ociManifest);
    await expect(connect(server).getManifest('shop', 'large')).rejects.toMatchObject({ code: 'REGISTRY_TOO_LARGE' });
  });

  it('a write the registry confirms under another digest did not happen', async () => {
    const server = await start({ claimedDigest: blob.digest });
    await expect(
      connect(server).putManifest('shop', '1.0', manifestBytes(shop), mediaTypes.ociManifest),
    ).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH' });
  });
});

it('the addresses a descriptor names for its bytes are not called', async () => {
  const [server, elsewhere] = [await start(), await start()];
  elsewhere.store.repository('shop').blobs.set(blob.digest, bytes);
  const foreign = { ...blob, urls: [`http://${elsewhere.host}/v2/shop/blobs/${blob.digest}`] };
  await expect(connect(server, [elsewhere.host]).getBlobBytes('shop', foreign, 100)).rejects.toMatchObject({
    code: 'REGISTRY_NOT_FOUND',
  });
  expect(elsewhere.seen).toEqual([]);
});

describe('redirects and locations', () => {
  it('a blob is read from where the registry keeps it, without its credentials', async () => {
    const storage = await start();
    storage.store.repository('shop').blobs.set(blob.digest, bytes);
    const guard = { authorization: basic, challenge: 'Basic realm="fake"' };
    const server = await start({ blobRedirect: `http://${storage.host}`, guard });
    server.store.repository('shop').blobs.set(blob.digest, bytes);
    const registry = connect(server, [storage.host], { credentials });
    expect(Buffer.from(await registry.getBlobBytes('shop', blob, 100)).equals(bytes)).toBe(true);
    expect(server.seen.at(-1)?.headers.authorization).toBe(basic);
    expect(storage.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('a blob behind a host that must not be reached is an error that shows no signed address', async () => {
    const server = await start({ blobRedirect: 'http://127.0.0.1:9' });
    server.store.repository('shop').blobs.set(blob.digest, bytes);
    await expect(connect(server).getBlobBytes('shop', blob, 100)).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.not.stringContaining('secret') as unknown,
    });
  });

  it('an upload is not sent to another host', async () => {
    const elsewhere = await start();
    const server = await start({ uploadLocation: `http://${elsewhere.host}/v2/shop/blobs/uploads/1` });
    await expect(connect(server, [elsewhere.host]).putBlob('shop', blob, bytes)).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
    });
    expect(elsewhere.seen).toEqual([]);
  });

  it('an upload the registry opens instead of a mount is given up', async () => {
    const server = await start({ refuseMounts: true });
    const registry = connect(server);
    await registry.putBlob('dev', blob, bytes);
    expect(await registry.mountBlob('prod', 'dev', blob.digest)).toBe(false);
    expect(server.seen.at(-1)?.method).toBe('DELETE');
  });
});

describe('tokens', () => {
  const token = { authorization: 'Bearer abc', challenge: '' };
  async function startWithRealm(realmAnswer: string, status = 200) {
    const realm = await start({ failNext: Array.from({ length: 3 }, () => ({ status, body: realmAnswer })) });
    const challenge = `Bearer realm="http://${realm.host}/token",service="fake"`;
    const server = await start({ guard: { ...token, challenge } });
    server.store.putManifest('shop', '1.0', manifestBytes(shop), shop.top.mediaType);
    return { realm, server };
  }

  it('credentials go to a realm on another host only where it is configured', async () => {
    const { realm, server } = await startWithRealm('{"token":"abc"}');
    await expect(connect(server, [realm.host], { credentials }).resolve('shop', '1.0')).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.stringContaining(realm.host) as unknown,
    });
    expect(realm.seen).toEqual([]);
    const registry = connect(server, [realm.host], { credentials, realmHosts: [realm.host] });
    expect((await registry.resolve('shop', '1.0'))?.digest).toBe(shop.top.digest);
    expect(realm.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/token?service=fake&scope=repository%3Ashop%3Apull', basic],
    ]);
    // The token is used again.
    await registry.resolve('shop', '1.0');
    expect(realm.seen).toHaveLength(1);
  });

  it('without credentials a token is asked for all the same', async () => {
    const { realm, server } = await startWithRealm('{"access_token":"abc","expires_in":300}');
    expect((await connect(server, [realm.host]).resolve('shop', '1.0'))?.digest).toBe(shop.top.digest);
    expect(realm.seen[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ['no token', '{}', 200, 'REGISTRY_DENIED'],
    ['no JSON', '<html>', 200, 'REGISTRY_DENIED'],
    ['a refusal', '{}', 401, 'REGISTRY_DENIED'],
    ['a wrong token', '{"token":"other"}', 200, 'REGISTRY_DENIED'],
    ['more than a token', `{"token":"${'a'.repeat(70_000)}"}`, 200, 'REGISTRY_TOO_LARGE'],
  ])('a realm that answers with %s', async (_name, answer, status, code) => {
    const { realm, server } = await startWithRealm(answer, status);
    await expect(connect(server, [realm.host]).resolve('shop', '1.0')).rejects.toMatchObject({ code });
  });

  it('a wrong password is a refusal that does not repeat it', async () => {
    const server = await start({ guard: { authorization: 'Basic other', challenge: 'Basic realm="fake"' } });
    await expect(connect(server, [], { credentials }).listTags('shop')).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.not.stringContaining('secret') as unknown,
    });
    expect(server.seen).toHaveLength(2);
  });
});

describe('a registry that fails', () => {
  it('is asked again, and says in the end how long to wait', async () => {
    const server = await start({ failNext: [{ status: 503 }, { status: 429 }] });
    expect(await connect(server).resolve('shop', '1.0')).toBeUndefined();
    expect(server.seen).toHaveLength(3);
    server.switches.failNext.push({ status: 429, retryAfter: '120' });
    await expect(connect(server).listTags('shop')).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      retryAfterSeconds: 120,
    });
  });

  it('is quoted by its codes alone', async () => {
    const body = JSON.stringify({ errors: [{ code: 'DENIED', message: 'ann:secret' }, { code: 'not a code' }] });
    const server = await start({ failNext: [{ status: 403, body }] });
    await expect(connect(server).listTags('shop')).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: `${server.host}/shop: HTTP 403 (DENIED)`,
    });
  });

  it('a list that is none is not an empty list', async () => {
    const server = await start({ failNext: [{ status: 200, body: '{}' }] });
    await expect(connect(server).listTags('shop')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  });
});

describe('attaching asks no more than it must', () => {
  const signature = buildReferrer(shop.top, 'application/test', 'signature');
  const tag = `sha256-${shop.top.digest.slice(7)}`.replace(/[a-f0-9]{60}/, '…');
  const manifest = `manifests/${signature.top.digest}`.replace(/[a-f0-9]{60}/, '…');

  it.each([
    [
      'without the referrers API',
      false,
      [`PUT ${manifest}`, `GET manifests/${tag}`, `PUT manifests/${tag}`, `GET manifests/${tag}`],
    ],
    ['with it', true, [`PUT ${manifest}`, `GET referrers/${shop.top.digest}`.replace(/[a-f0-9]{60}/, '…')]],
  ])('%s', async (_name, referrersApi, expected) => {
    const server = await start({ referrersApi });
    const registry = connect(server);
    await pushImage(registry, 'shop', shop);
    server.seen.length = 0;
    await registry.attachReferrer('shop', shop.top.digest, manifestBytes(signature), signature.top.mediaType);
    expect(calls(server)).toEqual(expected);
  });

  it('intents are recorded before everything that is written, the tag included', async () => {
    const server = await start({ referrersApi: false });
    const intents: (string | undefined)[][] = [];
    const registry = connect(server, [], {
      beforePush: async (repository, digest, tag) => {
        intents.push([digest, tag]);
        expect(server.store.find(repository, digest)).toBeUndefined();
      },
    });
    await registry.attachReferrer('shop', shop.top.digest, manifestBytes(signature), signature.top.mediaType);
    const list = `sha256-${shop.top.digest.slice(7)}`;
    expect(intents).toEqual([
      [signature.top.digest, undefined],
      [server.store.repository('shop').tags.get(list), list],
    ]);
  });

  it('a repository nobody has pushed to does not settle whether there is an API', async () => {
    const server = await start({ failNext: [{ status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' }] });
    const registry = connect(server);
    expect(await registry.listReferrers('shop', shop.top.digest)).toEqual([]);
    server.store.putManifest('shop', signature.top.digest, manifestBytes(signature), signature.top.mediaType);
    expect(await registry.listReferrers('shop', shop.top.digest)).toMatchObject([{ digest: signature.top.digest }]);
  });

  it('a list that does not end is an error that names it, not a shorter list', async () => {
    const endless = createServer((request, response) => {
      response.setHeader('content-type', 'application/vnd.oci.image.index.v1+json');
      response.setHeader('link', `<${request.url}>; rel="next"`);
      response.end(
        JSON.stringify({ schemaVersion: 2, manifests: [{ ...signature.top, artifactType: 'application/test' }] }),
      );
    });
    endless.listen(0, '127.0.0.1');
    await once(endless, 'listening');
    const registry = connect({ host: `127.0.0.1:${(endless.address() as AddressInfo).port}` });
    try {
      await expect(registry.listReferrers('shop', shop.top.digest)).rejects.toMatchObject({
        code: 'REGISTRY_TOO_LARGE',
        message: expect.stringContaining(`shop@${shop.top.digest} (referrers): more than 1000 pages`),
      });
      // As many as were asked for are there before that.
      expect(await registry.listReferrers('shop', shop.top.digest, { limit: 900 })).toHaveLength(900);
    } finally {
      endless.close();
      endless.closeAllConnections();
    }
  });

  it('a flood of others hides nothing of the type that is asked for', async () => {
    const server = await start({ pageSize: 10 });
    for (let n = 0; n < 25; n += 1) {
      const other = buildReferrer(shop.top, 'application/other', `${n}`);
      server.store.putManifest('shop', other.top.digest, manifestBytes(other), other.top.mediaType);
    }
    server.store.putManifest('shop', signature.top.digest, manifestBytes(signature), signature.top.mediaType);
    const found = await connect(server).listReferrers('shop', shop.top.digest, {
      artifactType: 'application/test',
      limit: 5,
    });
    expect(found.map(({ digest }) => digest)).toEqual([signature.top.digest]);
  });
});
