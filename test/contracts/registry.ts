/** What every implementation of `Registry` keeps: run against the real CNCF registry and against the fake. */
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { copyArtifact } from '../../adapters/oci/copy-artifact.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Registry } from '../../domain/artifact/registry.ts';
import {
  buildImage,
  buildIndex,
  buildReferrer,
  digestOf,
  manifestBytes,
  pushImage,
  type TestImage,
} from '../images.ts';

const fresh = (name: string) => `contract/${name}-${randomBytes(4).toString('hex')}`;
const nowhere = `sha256:${'0'.repeat(64)}` as Digest;
const image = (content: string, architecture = 'amd64') =>
  buildImage({ layers: [{ files: { 'app/content': content } }], platform: { os: 'linux', architecture } });
const attach = (registry: Registry, repository: string, subject: TestImage, referrer: TestImage) =>
  registry.attachReferrer(repository, subject.top.digest, manifestBytes(referrer), referrer.top.mediaType);

/** Pushes the blobs of a referrer, not its manifest. */
async function pushBlobs(registry: Registry, repository: string, referrer: TestImage): Promise<void> {
  for (const [digest, bytes] of referrer.blobs)
    if (digest !== referrer.top.digest) await registry.putBlob(repository, { digest, size: bytes.byteLength }, bytes);
}

/** `open` makes a client with state of its own, all of them on one server and under one lease. */
export function registryContract(open: () => Registry): void {
  it('an image comes back byte by byte, by tag and by digest', async () => {
    const registry = open();
    const repository = fresh('image');
    const shop = await image(repository);
    await pushImage(registry, repository, shop, '1.0');
    for (const reference of ['1.0', shop.top.digest]) {
      const { platform: _, ...descriptor } = shop.top;
      expect(await registry.resolve(repository, reference)).toEqual(descriptor);
      const stored = await registry.getManifest(repository, reference);
      expect(stored?.descriptor).toEqual(descriptor);
      expect(Buffer.from(stored?.bytes ?? []).equals(manifestBytes(shop))).toBe(true);
    }
    for (const [digest, bytes] of shop.blobs) {
      if (digest === shop.top.digest) continue;
      expect(await registry.hasBlob(repository, digest)).toBe(true);
      const read = await registry.getBlobBytes(repository, { digest, size: bytes.byteLength }, bytes.byteLength);
      expect(Buffer.from(read).equals(bytes)).toBe(true);
    }
  });

  it('what is not there is undefined, false or empty, and a missing blob is an error', async () => {
    const registry = open();
    const repository = fresh('nothing');
    expect(await registry.resolve(repository, 'latest')).toBeUndefined();
    expect(await registry.getManifest(repository, nowhere)).toBeUndefined();
    expect(await registry.hasBlob(repository, nowhere)).toBe(false);
    expect(await registry.listTags(repository)).toEqual([]);
    expect(await registry.listReferrers(repository, nowhere)).toEqual([]);
    await expect(registry.getBlobBytes(repository, { digest: nowhere, size: 1 }, 10)).rejects.toMatchObject({
      code: 'REGISTRY_NOT_FOUND',
    });
  });

  it('a blob is uploaded from a stream, and refused where the bytes are others', async () => {
    const registry = open();
    const repository = fresh('stream');
    const bytes = randomBytes(3 * 1024 * 1024);
    const blob = { digest: digestOf(bytes), size: bytes.byteLength };
    const stream = async () =>
      (async function* () {
        for (let at = 0; at < bytes.byteLength; at += 65_536) yield bytes.subarray(at, at + 65_536);
      })();
    await registry.putBlob(repository, blob, stream);
    expect(Buffer.from(await registry.getBlobBytes(repository, blob, blob.size)).equals(bytes)).toBe(true);
    const other = { digest: nowhere, size: blob.size };
    await expect(registry.putBlob(repository, other, stream)).rejects.toMatchObject({ name: 'RegistryError' });
    expect(await registry.hasBlob(repository, nowhere)).toBe(false);
  });

  it('a large blob is sent in chunks', { timeout: 60_000 }, async () => {
    const registry = open();
    const repository = fresh('large');
    // 65 MiB and a bit, so that the last chunk is not a whole one.
    const block = randomBytes(1024 * 1024 + 1);
    const bytes = Buffer.concat(Array.from({ length: 65 }, () => block));
    const blob = { digest: digestOf(bytes), size: bytes.byteLength };
    await registry.putBlob(repository, blob, async () =>
      (async function* () {
        for (let at = 0; at < 65; at += 1) yield block;
      })(),
    );
    expect(await registry.hasBlob(repository, blob.digest)).toBe(true);
    expect(digestOf(await registry.getBlobBytes(repository, blob, blob.size))).toBe(blob.digest);
  });

  it('what an upload reads from fails with its own error', async () => {
    const registry = open();
    const broken = async () =>
      (async function* () {
        yield new Uint8Array(10);
        throw new RangeError('the disk is gone');
      })();
    await expect(registry.putBlob(fresh('broken'), { digest: nowhere, size: 20 }, broken)).rejects.toThrow(
      'the disk is gone',
    );
  });

  it('a manifest is not written under a digest that is not its own', async () => {
    const shop = await image('x');
    await expect(
      open().putManifest(fresh('lie'), nowhere, manifestBytes(shop), shop.top.mediaType),
    ).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH' });
  });

  it('tags are listed, and a deleted manifest is gone with them', async () => {
    const registry = open();
    const repository = fresh('tags');
    const shop = await image(repository);
    const other = await image(`${repository} 2`);
    for (const tag of ['1.0', 'latest']) await pushImage(registry, repository, shop, tag);
    await pushImage(registry, repository, other, '2.0');
    expect((await registry.listTags(repository)).toSorted()).toEqual(['1.0', '2.0', 'latest']);
    expect(await registry.listRepositories()).toContain(repository);
    await registry.deleteManifest(repository, shop.top.digest);
    expect(await registry.resolve(repository, shop.top.digest)).toBeUndefined();
    expect(await registry.resolve(repository, 'latest')).toBeUndefined();
    expect((await registry.resolve(repository, '2.0'))?.digest).toBe(other.top.digest);
    // Gone already: the same end.
    await registry.deleteManifest(repository, shop.top.digest);
  });

  it('a blob is mounted from another repository, or said not to be', async () => {
    const registry = open();
    const [from, to] = [fresh('from'), fresh('to')];
    const bytes = new TextEncoder().encode(from);
    const digest = digestOf(bytes);
    await registry.putBlob(from, { digest, size: bytes.byteLength }, bytes);
    expect(await registry.mountBlob(to, from, digest)).toBe(true);
    expect(await registry.hasBlob(to, digest)).toBe(true);
    expect(await registry.mountBlob(to, from, nowhere)).toBe(false);
  });

  it('referrers are attached several at a time, listed by type, and found by a client that attached none', async () => {
    const registry = open();
    const repository = fresh('referrers');
    const shop = await image(repository);
    await pushImage(registry, repository, shop);
    const sboms = [1, 2].map((n) => buildReferrer(shop.top, 'application/vnd.cyclonedx+json', `${n}`));
    const report = buildReferrer(shop.top, 'application/sarif+json', 'report');
    for (const one of [...sboms, report]) await pushBlobs(registry, repository, one);
    const added = await registry.attachReferrers(
      repository,
      shop.top.digest,
      [...sboms, report].map((one) => ({ bytes: manifestBytes(one), mediaType: one.top.mediaType })),
    );
    expect(added.map(({ digest, artifactType }) => [digest, artifactType])).toEqual(
      [...sboms, report].map(({ top }) => [top.digest, top.artifactType]),
    );
    const listed = await open().listReferrers(repository, shop.top.digest);
    expect(listed.map(({ digest }) => digest).toSorted()).toEqual(added.map(({ digest }) => digest).toSorted());
    const reports = await open().listReferrers(repository, shop.top.digest, {
      artifactType: 'application/sarif+json',
      limit: 1,
    });
    expect(reports.map(({ digest }) => digest)).toEqual([report.top.digest]);
    // Again: nothing twice.
    await attach(registry, repository, shop, report);
    expect(await registry.listReferrers(repository, shop.top.digest)).toHaveLength(3);
  });

  it('what was left unlisted is listed by who attaches next, and not written again', async () => {
    const registry = open();
    const repository = fresh('unlisted');
    const shop = await image(repository);
    await pushImage(registry, repository, shop);
    const [copied, own] = ['copied', 'own'].map((name) => buildReferrer(shop.top, 'application/test', name));
    if (copied === undefined || own === undefined) throw new Error('two were built');
    for (const one of [copied, own]) await pushBlobs(registry, repository, one);
    const written = (one: typeof copied) => ({ bytes: manifestBytes(one), mediaType: one.top.mediaType });
    await registry.attachReferrers(repository, shop.top.digest, [written(copied)], 'unlisted');
    expect(await registry.resolve(repository, copied.top.digest)).toMatchObject({ digest: copied.top.digest });
    const there = { ...written(copied), isThere: true };
    await registry.attachReferrers(repository, shop.top.digest, [written(own), there]);
    const listed = async () =>
      (await open().listReferrers(repository, shop.top.digest)).map(({ digest }) => digest).toSorted();
    expect(await listed()).toEqual([copied.top.digest, own.top.digest].toSorted());
    // With nothing to write: the same.
    await registry.attachReferrers(repository, shop.top.digest, [there]);
    expect(await listed()).toHaveLength(2);
  });

  it('six that attach at once lose none', async () => {
    const repository = fresh('race');
    const shop = await image(repository);
    await pushImage(open(), repository, shop);
    const referrers = Array.from({ length: 6 }, (_, n) => buildReferrer(shop.top, 'application/test', `${n}`));
    await Promise.all(
      referrers.map(async (referrer) => {
        const registry = open();
        await pushBlobs(registry, repository, referrer);
        await attach(registry, repository, shop, referrer);
      }),
    );
    const listed = await open().listReferrers(repository, shop.top.digest);
    expect(listed.map(({ digest }) => digest).toSorted()).toEqual(referrers.map(({ top }) => top.digest).toSorted());
  });

  it('a referrer that is deleted is no longer listed, the others are', async () => {
    const registry = open();
    const repository = fresh('forget');
    const shop = await image(repository);
    await pushImage(registry, repository, shop);
    const [kept, gone] = ['kept', 'gone'].map((payload) => buildReferrer(shop.top, 'application/test', payload));
    for (const one of [kept!, gone!]) {
      await pushBlobs(registry, repository, one);
      await attach(registry, repository, shop, one);
    }
    await registry.deleteManifest(repository, gone!.top.digest);
    const listed = await open().listReferrers(repository, shop.top.digest);
    expect(listed.map(({ digest }) => digest)).toEqual([kept!.top.digest]);
  });

  it('a referrer of another subject is not attached', async () => {
    const registry = open();
    const [shop, other] = [await image('one'), await image('two')];
    await expect(
      attach(registry, fresh('wrong'), shop, buildReferrer(other.top, 'application/test', 'x')),
    ).rejects.toMatchObject({ code: 'REGISTRY_BAD_MANIFEST' });
  });

  it('an index is copied with its images; the copy says what it makes before it does, and a second makes nothing', async () => {
    const registry = open();
    const [from, to] = [fresh('dev'), fresh('prod')];
    const [amd, arm] = [await image(from, 'amd64'), await image(from, 'arm64')];
    const index = buildIndex([amd, arm]);
    await pushImage(registry, from, index, '1.0');
    // One of the images was there before: undoing this copy must leave it.
    const copy = async (digest: Digest) => {
      const made: Digest[] = [];
      const onCreate = async (manifests: readonly Digest[]) => {
        for (const manifest of manifests) expect(await registry.resolve(to, manifest)).toBeUndefined();
        made.push(...manifests);
      };
      await copyArtifact(registry, { from, to, digest, onCreate });
      return made;
    };
    expect(await copy(amd.top.digest)).toEqual([amd.top.digest]);
    expect(await copy(index.top.digest)).toEqual([arm.top.digest, index.top.digest]);
    expect(await copy(index.top.digest)).toEqual([]);
    expect(await registry.listTags(to)).toEqual([]);
    for (const [digest, bytes] of index.blobs) {
      const isManifest = [index, amd, arm].some(({ top }) => top.digest === digest);
      if (isManifest) expect((await registry.resolve(to, digest))?.digest).toBe(digest);
      else await registry.getBlobBytes(to, { digest, size: bytes.byteLength }, bytes.byteLength);
    }
  });

  it('what is gone is not copied', async () => {
    await expect(copyArtifact(open(), { from: fresh('gone'), to: fresh('to'), digest: nowhere })).rejects.toMatchObject(
      { code: 'REGISTRY_NOT_FOUND' },
    );
  });
}
