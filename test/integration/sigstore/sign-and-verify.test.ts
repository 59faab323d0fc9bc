/** The command line against a real registry that has no referrers API, from an empty folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureKeys } from '../../../adapters/sigstore/local-key-ring.ts';
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
