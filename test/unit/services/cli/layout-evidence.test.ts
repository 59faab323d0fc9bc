/** Evidence about images in OCI layouts: what lies in them, and what lies beside them. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attachCosignSignature } from '../../../../adapters/sigstore/attach-cosign-signature.ts';
import { createBundleManifest } from '../../../../adapters/sigstore/bundle-manifest.ts';
import { createBundleSigner } from '../../../../adapters/sigstore/bundle-signer.ts';
import { signatureTag } from '../../../../adapters/sigstore/cosign-tags.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import { digestHex } from '../../../../domain/artifact/digest.ts';
import { createCosignSignature } from '../../../../domain/trust/cosign-signature.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';
import { buildImage, digestOf, type TestImage, writeTestLayout } from '../../../images.ts';
import { runProgram } from '../../../interop/run-program.ts';
import { runCommand } from './run-command.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const shop = await buildImage({ layers: [{ files: { 'etc/motd': 'shop' } }] });
const other = await buildImage({ layers: [{ files: { 'etc/motd': 'other' } }] });
const signer = createLocalSigner(privateKey, 'test');
const bundle = await createBundleSigner().sign(createCosignSignature(shop.top.digest), signer);
const evidence = createBundleManifest(shop.top, bundle, predicateTypes.cosignSignature, '2026-01-01T00:00:00Z');

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pratique layouts '));
  await writeFile(path.join(dir, 'k.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(path.join(dir, 'k.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeTestLayout(path.join(dir, 'bare'), shop, '1.0');
  await writeLayout('listed', [shop, other], [evidence.descriptor]);
  // Copied from a registry without the referrers API: the list is an image index under a tag.
  const list = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [evidence.descriptor] }),
  );
  const tag = { 'org.opencontainers.image.ref.name': shop.top.digest.replace(':', '-') };
  const root = { mediaType: mediaTypes.ociIndex, digest: digestOf(list), size: list.length, annotations: tag };
  await writeLayout('tagged', [shop], [root], list);
  // Copied tag by tag, with what cosign 2 put beside it.
  const { registry } = createMemoryRegistry();
  const place = { repository: 'shop', subject: shop.top.digest, reference: 'registry.test/shop' };
  const older = await registry.getManifest('shop', await attachCosignSignature(registry, place, signer));
  if (older?.content.kind !== 'manifest') throw new Error('nothing was attached');
  const { config, layers } = older.content.manifest;
  const parts = [config, ...layers].map((part) => registry.getBlobBytes('shop', part, 10_000));
  const olderTag = { 'org.opencontainers.image.ref.name': signatureTag(shop.top.digest) };
  const olderRoot = { ...older.descriptor, annotations: olderTag };
  await writeLayout('older', [shop], [olderRoot], older.bytes, ...(await Promise.all(parts)));
  await writeLayout('mistagged', [shop], [{ ...other.top, annotations: olderTag }], ...other.blobs.values());
  for (const name of ['bare', 'listed'])
    await runProgram('tar', ['-C', path.join(dir, name), '-czf', path.join(dir, `${name}.tar.gz`), '.'], dir);
});
afterAll(() => rm(dir, { recursive: true }));

async function writeLayout(
  name: string,
  images: readonly TestImage[],
  roots: readonly object[],
  ...blobs: Uint8Array[]
) {
  const folder = path.join(dir, name);
  await mkdir(folder);
  for (const image of images) await writeTestLayout(folder, image);
  for (const bytes of [evidence.bytes, ...evidence.blobs.map((blob) => blob.bytes), ...blobs])
    await writeFile(path.join(folder, 'blobs', 'sha256', digestHex(digestOf(bytes))), bytes);
  const named = images.map(({ top }, at) => ({
    ...top,
    annotations: { 'org.opencontainers.image.ref.name': `${at + 1}.0` },
  }));
  await writeFile(
    path.join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [...named, ...roots] }),
  );
}

const run = (...argv: string[]) => runCommand(argv, { cwd: dir });
const verified = { code: 0, stdout: expect.stringContaining('Verified: 1 of 1 bundle is') };

it.each(['listed:1.0', `listed@${shop.top.digest}`, 'listed.tar.gz:1.0', 'tagged', 'older', 'older:1.0'])(
  '%s has its evidence inside',
  async (name) => {
    expect(await run('verify', name, '--key', 'k.pub')).toMatchObject(verified);
  },
);

it.each([
  ['one without evidence', 'bare', 1, 'this layout has no evidence in it'],
  ['an archive without evidence', 'bare.tar.gz', 1, 'this layout has no evidence in it'],
  ['an image that evidence beside it says nothing about', 'listed:2.0', 1, 'no evidence in it'],
  ['one of several images', 'listed', 2, 'holds 2 images'],
  ["an image that runs, and is called as cosign's older tags are", 'mistagged', 2, 'holds 2 images'],
  ['an image that is not there', 'listed:3.0', 2, 'Name one: listed:1.0, listed:2.0'],
  ['a folder that is none', '.', 2, 'no OCI layout'],
])('%s says so', async (_, name, code, said) => {
  expect(await run('verify', name, '--key', 'k.pub')).toMatchObject({ code, stderr: expect.stringContaining(said) });
});

it('what docker save wrote can have none, and leaves nothing behind', async () => {
  const folder = path.join(dir, 'saved');
  await mkdir(folder);
  await writeFile(path.join(folder, 'config.json'), '{}');
  await writeFile(path.join(folder, 'manifest.json'), '[{"Config":"config.json","RepoTags":["shop:1"],"Layers":[]}]');
  await runProgram('tar', ['-C', folder, '-cf', path.join(dir, 'saved.tar'), '.'], dir);
  const before = await unpacked();
  const ran = await run('verify', 'saved.tar', '--key', 'k.pub');
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('oras copy -r --to-oci-layout') });
  expect(ran.stderr).toContain('written by "docker save"');
  expect(await unpacked()).toEqual(before);
});

it('an image in a layout is signed by its digest, into a bundle', async () => {
  expect(await run('sign', 'bare', '--key', 'k.key')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--bundle'),
  });
  expect(await run('sign', 'bare:1.0', '--key', 'k.key', '--bundle', 'b.json')).toMatchObject({ code: 0 });
  expect(JSON.parse(await readFile(path.join(dir, 'b.json'), 'utf8'))).toHaveProperty('dsseEnvelope');
  expect(await run('verify', 'bare', '--key', 'k.pub', '--bundle', 'b.json')).toMatchObject(verified);
  expect(
    await run('verify', `registry.test/shop@${shop.top.digest}`, '--key', 'k.pub', '--bundle', 'b.json'),
  ).toMatchObject(verified);
  // A tar with --bundle is a file: this bundle is not about it.
  expect(await run('verify', 'bare.tar.gz', '--key', 'k.pub', '--bundle', 'b.json')).toMatchObject({ code: 1 });
});

const unpacked = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('pratique-archive-')).sort();
