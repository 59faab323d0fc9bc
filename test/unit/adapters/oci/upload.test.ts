import { afterEach, describe, expect, it } from 'vitest';
import { createEgress } from '../../../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../../../adapters/oci/oci-registry.ts';
import { type FakeRegistry, startFakeRegistry } from '../../../fakes/registry/fake-registry.ts';
import { buildImage, digestOf, manifestBytes } from '../../../images.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
});

async function start() {
  const server = await startFakeRegistry();
  const egress = createEgress({ configuredHosts: [server.host], allowPublicHosts: false });
  opened.push(server, { [Symbol.asyncDispose]: () => egress.close() });
  return { server, registry: createOciRegistry({ host: server.host, egress, lease: createInProcessLease() }) };
}

const bytes = new TextEncoder().encode('a layer');
const blob = { digest: digestOf(bytes), size: bytes.byteLength };
const methods = (server: FakeRegistry) => server.seen.map(({ method }) => method).join(' ');
const stream = (content: Uint8Array) => async () =>
  (async function* () {
    yield content;
  })();

describe('an upload', () => {
  it('that meets a passing fault is given up and begins anew, with the bytes from the start', async () => {
    const { server, registry } = await start();
    let asked = 0;
    const content = async () => {
      asked += 1;
      // The POST was answered by now: this fault meets the PUT.
      if (asked === 1) server.switches.failNext.push({ status: 503 });
      return stream(bytes)();
    };
    await registry.putBlob('shop', blob, content);
    expect(methods(server)).toBe('POST PUT DELETE POST PUT');
    expect(Buffer.from(await registry.getBlobBytes('shop', blob, 100)).equals(bytes)).toBe(true);
    expect(server.store.uploads.size).toBe(0);
  });

  it('that is refused for good is tried once', async () => {
    const { server, registry } = await start();
    const content = async () => {
      server.switches.failNext.push({ status: 413 });
      return stream(bytes)();
    };
    await expect(registry.putBlob('shop', blob, content)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
    expect(methods(server)).toBe('POST PUT DELETE');
  });

  it.each([
    ['bytes', new TextEncoder().encode('another')],
    ['a stream', stream(new TextEncoder().encode('another'))],
  ])('of %s other than the digest names is not closed, and leaves nothing open', async (_kind, content) => {
    const { server, registry } = await start();
    await expect(registry.putBlob('shop', blob, content)).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH' });
    expect(server.store.repositories.get('shop')?.blobs.size ?? 0).toBe(0);
    expect(server.store.uploads.size).toBe(0);
  });

  it('that ends early is not closed', async () => {
    const { server, registry } = await start();
    await expect(registry.putBlob('shop', blob, stream(bytes.subarray(0, 3)))).rejects.toMatchObject({
      code: 'REGISTRY_TRUNCATED',
    });
    expect(server.store.uploads.size).toBe(0);
  });
});

it('more copies at once than there are connections do not wait for each other', async () => {
  const { server, registry } = await start();
  server.switches.refuseMounts = true;
  const large = new Uint8Array(256 * 1024);
  const layer = { digest: digestOf(large), size: large.byteLength };
  await registry.putBlob('shop', layer, large);
  const targets = Array.from({ length: 40 }, (_, at) => `shop-${at}`);
  await Promise.all(targets.map((to) => registry.putBlob(to, layer, () => registry.getBlob('shop', layer))));
  for (const to of targets) expect(await registry.hasBlob(to, layer.digest)).toBe(true);
});

describe('names that would change the address', () => {
  it.each([
    ['../other', '1.0'],
    ['shop', '../../other/manifests/1.0'],
    ['shop', 'a?b'],
    ['Shop', '1.0'],
  ])('%s:%s is refused before anything is sent', async (repository, reference) => {
    const { server, registry } = await start();
    await expect(registry.getManifest(repository, reference)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
    expect(server.seen).toEqual([]);
  });
});

describe('deleting', () => {
  it('works for a manifest nobody can read', async () => {
    const { server, registry } = await start();
    const broken = new TextEncoder().encode('{"layers":[],"manifests":[]}');
    const digest = server.store.putManifest('shop', 'bad', broken, 'application/vnd.oci.image.index.v1+json');
    await registry.deleteManifest('shop', digest);
    expect(server.store.find('shop', digest)).toBeUndefined();
  });
});

describe('what a registry claims', () => {
  it('by tag: bytes of another digest than it says are refused', async () => {
    const { server, registry } = await start();
    const image = await buildImage({ layers: [{ files: { a: '1' } }] });
    server.store.putManifest('shop', '1.0', manifestBytes(image), image.top.mediaType);
    server.switches.claimedDigest = blob.digest;
    await expect(registry.getManifest('shop', '1.0')).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH' });
    await expect(registry.resolve('shop', image.top.digest)).rejects.toMatchObject({
      code: 'REGISTRY_DIGEST_MISMATCH',
    });
  });
});
