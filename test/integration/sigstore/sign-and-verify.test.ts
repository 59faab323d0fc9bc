/** The command line against a real registry that has no referrers API, from an empty folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachDocument, documentLocation } from '../../../adapters/oci/attached-document.ts';
import { sha256 } from '../../../adapters/oci/digest-of.ts';
import { createSbomPublisher } from '../../../adapters/sbom/sbom-publisher.ts';
import { takeFileStock } from '../../../adapters/sbom/take-directory-stock.ts';
import { ensureKeys } from '../../../adapters/sigstore/local-key-ring.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { Stock } from '../../../domain/sbom/component.ts';
import { createSbomStatement, maxEmbeddedDocumentBytes } from '../../../domain/trust/sbom-statement.ts';
import type { CliIo } from '../../../services/cli/io.ts';
import { openRegistry } from '../../../services/cli/open-registry.ts';
import { startBareRegistry } from '../../interop/bare-registry.ts';
import { pushImage } from '../../interop/push-image.ts';
import { type Ended, pratique } from '../../interop/run-program.ts';

let folder: string;
let host: string;
let stop = async () => {};
const run = (...args: string[]): Promise<Ended> => pratique(args, folder);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pratique sign '));
  ({ host, stop } = await startBareRegistry(folder));
  await ensureKeys(folder, 'interop', ['prod']);
  await writeFile(path.join(folder, 'bom.json'), '{"bomFormat":"CycloneDX"}');
  await writeFile(path.join(folder, 'file.txt'), 'a file\n');
});
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

it('an image is unsigned, then signed, and each signature counts for its key and type alone', async () => {
  const image = `${host}/shop@${await pushImage(host, 'shop', 'signed')}`;
  expect(await run('verify', image, '--key', 'evidence.pub')).toMatchObject({ code: 1 });
  expect(await run('sign', image, '--key', 'admission-prod.key')).toMatchObject({ code: 0 });
  expect(
    await run('attest', image, '--key', 'evidence.key', '--type', 'cyclonedx', '--predicate', 'bom.json'),
  ).toMatchObject({ code: 0 });
  expect(await run('verify', `${host}/shop:1`, '--key', 'admission-prod.pub')).toMatchObject({ code: 0 });
  expect(await run('verify', image, '--key', 'evidence.pub')).toMatchObject({ code: 1 });
  expect(await run('verify', image, '--key', 'admission-prod.pub', '--type', 'cyclonedx')).toMatchObject({ code: 1 });
  const verified = await run('verify', image, '--key', 'evidence.pub', '--type', 'cyclonedx', '-o', 'json');
  expect(verified.code).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({
    target: image,
    type: 'https://cyclonedx.org/bom',
    verified: true,
    evidence: expect.arrayContaining([
      expect.objectContaining({ outcome: 'verified', predicateType: 'https://cyclonedx.org/bom' }),
      expect.objectContaining({ outcome: 'rejected', code: 'SIGNER_UNKNOWN' }),
    ]) as unknown,
  });
});

it('an SBOM too large for a statement is signed by reference, kept beside the image, and fetched to be checked', async () => {
  const digest = (await pushImage(host, 'large', 'large')) as Digest;
  const env = { HOME: folder };
  const registry = await openRegistry(host, { env, cwd: folder } as unknown as CliIo);
  const publisher = createSbomPublisher({
    blobs: {
      put: async (bytes, mediaType) => ({ digest: sha256(bytes), size: bytes.length, mediaType }),
      get: async () => new Uint8Array(),
    },
    toolVersion: '0.1.0',
    async attach(repository, subject, document, stored) {
      await attachDocument(registry, repository, subject, document);
      return documentLocation(host, true, repository, stored);
    },
  });
  const sbom = await publisher.publish('cyclonedx', {
    ...{ repository: 'large', digest, platform: 'linux/amd64' },
    stock: await largeStock(),
  });
  expect(sbom.stored.size).toBeGreaterThan(maxEmbeddedDocumentBytes);
  // What is in the statement is what anybody can fetch.
  const fetched = await fetch(sbom.location ?? '');
  expect(sha256(new Uint8Array(await fetched.arrayBuffer()))).toBe(sbom.stored.digest);

  const { predicate } = createSbomStatement(digest, sbom, 'https://p.example');
  await writeFile(path.join(folder, 'reference.json'), JSON.stringify(predicate));
  const attest = (image: string, file: string) =>
    run('attest', image, '--key', 'evidence.key', '--type', 'reference', '--predicate', file);
  const verify = (image: string, type: string) => run('verify', image, '--key', 'evidence.pub', '--type', type);
  const image = `${host}/large@${digest}`;
  expect(await attest(image, 'reference.json')).toMatchObject({ code: 0 });
  const verified = await verify(image, 'cyclonedx');
  expect(verified).toMatchObject({ code: 0 });
  expect(verified.stdout).toContain(`${sbom.stored.digest}, ${sbom.stored.size} bytes`);
  expect(await verify(image, 'reference')).toMatchObject({ code: 0 });
  expect(await verify(image, 'spdx')).toMatchObject({ code: 1, stdout: expect.stringContaining('other') });

  // Promoted: the statement came along, the document lies where it was.
  const promoted = `${host}/prod/large@${await pushImage(host, 'prod/large', 'large')}`;
  expect(await attest(promoted, 'reference.json')).toMatchObject({ code: 0 });
  expect(await verify(promoted, 'cyclonedx')).toMatchObject({ code: 0 });

  const other = JSON.stringify(predicate).replace(sbom.stored.digest.slice(7), '0'.repeat(64));
  await writeFile(path.join(folder, 'reference.json'), other);
  const elsewhere = `${host}/other@${await pushImage(host, 'other', 'other')}`;
  expect(await attest(elsewhere, 'reference.json')).toMatchObject({ code: 0 });
  expect(await verify(elsewhere, 'cyclonedx')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('DOCUMENT_MISSING'),
  });
});

/** The packages of this clone, often enough. */
async function largeStock(): Promise<Stock> {
  const clone = path.resolve(import.meta.dirname, '../../..');
  const stock = await takeFileStock(path.join(clone, 'package-lock.json'), { signal: AbortSignal.timeout(60_000) });
  const copies = Array.from({ length: 40 }, (_, copy) =>
    stock.components.map((component) => ({
      ...component,
      purl: `${component.purl}${component.purl.includes('?') ? '&' : '?'}copy=${copy}`,
      dependsOn: [],
    })),
  );
  return { ...stock, components: copies.flat() };
}

it('a bundle at hand is checked against a digest without any registry', async () => {
  const digest = await pushImage(host, 'shop', 'offline');
  expect(await run('sign', `${host}/shop@${digest}`, '--key', 'evidence.key', '--bundle', 'b.json')).toMatchObject({
    code: 0,
  });
  const elsewhere = `127.0.0.1:9/shop@${digest}`;
  expect(await run('verify', elsewhere, '--key', 'evidence.pub', '--bundle', 'b.json', '--offline')).toMatchObject({
    code: 0,
  });
});

describe('what cannot be done says so, with the exit code of its kind', () => {
  it.each([
    ['a registry that does not answer', 3, ['verify', '127.0.0.1:9/shop:1', '--key', 'evidence.pub']],
    ['no signer named', 2, ['verify', 'file.txt']],
    ['half a certificate identity', 2, ['verify', 'file.txt', '--certificate-identity', 'a']],
    ['a file without its bundle', 2, ['verify', 'file.txt', '--key', 'evidence.pub']],
    [
      'a private key where a public one belongs',
      2,
      ['verify', 'file.txt', '--key', 'evidence.key', '--bundle', 'bom.json'],
    ],
    ['an unknown type', 2, ['verify', 'file.txt', '--key', 'evidence.pub', '--type', 'nothing']],
    ['neither file nor image', 2, ['verify', 'nothing', '--key', 'evidence.pub']],
    ['a key that is missing', 2, ['sign', 'file.txt', '--key', 'missing.key', '--bundle', 'x.json']],
    ['a signature without a place', 2, ['sign', 'file.txt', '--key', 'evidence.key']],
    [
      'a predicate that is no JSON',
      2,
      ['attest', 'file.txt', '--key', 'evidence.key', '--type', 'vsa', '--predicate', 'file.txt'],
    ],
  ])('%s', async (_name, code, args) => {
    const ended = await run(...args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(/^pratique: /);
  });

  it('a bundle that is none is rejected, not an error', async () => {
    const ended = await run('verify', 'file.txt', '--key', 'evidence.pub', '--bundle', 'bom.json');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('BUNDLE_MALFORMED');
  });
});
