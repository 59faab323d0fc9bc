/** Flags and variables that ask for signatures of two kinds: neither is dropped without a word. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, writeTestLayout } from '../../../images.ts';
import { runCommand } from './run-command.ts';

let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'pratique-test-kinds-'));
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(path.join(dir, 'k.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(path.join(dir, 'k.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(path.join(dir, 'shop.txt'), 'shop');
  await writeTestLayout(path.join(dir, 'shop'), await buildImage({ layers: [{ files: { 'etc/motd': 'shop' } }] }));
  const skip = { name: 'all', registryScopes: ['*'], signatureVerification: { level: 'skip' } };
  writeFileSync(path.join(dir, 'tp.json'), JSON.stringify({ version: '1.0', trustPolicies: [skip] }));
});
afterAll(() => rmSync(dir, { recursive: true }));

const run = (line: string, env: Record<string, string> = {}) => runCommand(line.split(' '), { cwd: dir, env });
const notation = { PRATIQUE_NOTATION_TRUST_POLICY: 'tp.json', PRATIQUE_NOTATION_SCOPE: 'registry.example/shop' };

describe('verify', () => {
  test.each([
    '--key k.pub --type slsaprovenance --build-level 3 --notation-trust-policy tp.json --notation-scope a.example/shop',
    '--key k.pub --notation-crl lists.crl',
    '--key k.pub --notation-scope a.example/shop',
    '--key k.pub --keyring keys.gpg --signature shop.asc',
    '--build-level 3 --notation-trust-policy tp.json',
    '--keyring keys.gpg --notation-trust-policy tp.json',
  ])('%s', async (flags) => {
    const { code, stderr } = await run(`verify shop ${flags}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is of no use with')]);
  });

  test.each<[string, Record<string, string>]>([
    ['of Notation', notation],
    ['of OpenPGP', { PRATIQUE_KEYRING: 'keys.gpg', PRATIQUE_SIGNATURE: 'shop.asc' }],
  ])('a key on the command line counts more than variables %s', async (_, env) => {
    const { code, stderr } = await run('verify shop --key k.pub', env);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no evidence in it')]);
  });

  test('a trust policy on the command line counts more than a key in a variable', async () => {
    const scope = { PRATIQUE_NOTATION_SCOPE: 'registry.example/shop' };
    const { code, stderr } = await run('verify shop --notation-trust-policy tp.json', {
      ...{ PRATIQUE_KEY: 'k.pub', PRATIQUE_TYPE: 'vsa' },
      ...scope,
    });
    expect([code, stderr]).toEqual([0, expect.stringContaining('skips verification')]);
  });

  test('variables of two kinds are a conflict as well, and are named', async () => {
    const { code, stderr } = await run('verify shop', { PRATIQUE_KEY: 'k.pub', ...notation });
    expect(code).toBe(2);
    expect(stderr).toMatch(/PRATIQUE_(?:KEY|NOTATION_TRUST_POLICY) is of no use with PRATIQUE_/);
  });

  test.each([
    ['--builder-id https://ci.example', '--type slsaprovenance'],
    ['--build-level 3 --type custom', '--type slsaprovenance'],
    ['--source-uri https://a.example/b --type https://slsa.dev/provenance/v0.1', '--type slsaprovenance'],
    ['--source-commit abc --type vsa --resource-uri a.example/shop', '--type slsaprovenance'],
    ['--max-age PT1S', '--type vsa'],
    ['--verifier-id https://v.example --type slsaprovenance', '--type vsa'],
  ])('what pins evidence of another type than is verified: %s', async (flags, next) => {
    const { code, stderr } = await run(`verify shop --key k.pub ${flags}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(next)]);
  });

  test('a variable that pins evidence of another type is for other commands', async () => {
    const env = { PRATIQUE_BUILDER_ID: 'https://ci.example', PRATIQUE_MAX_AGE: 'P7D' };
    const { code, stderr } = await run('verify shop --key k.pub', env);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no evidence in it')]);
  });

  test.each(['alikms://acme/key', 'https://keys.example/k.pub', 'k8s://shop/cosign'])(
    'a key where none are kept: %s',
    async (key) => {
      const { code, stderr } = await run(`verify shop --key ${key}`);
      expect([code, stderr]).toEqual([2, expect.stringContaining('keys are read from files, env://')]);
    },
  );

  test('a second bundle without the first', async () => {
    const { code, stderr } = await run('verify shop --key k.pub --post-quantum-bundle pq.json');
    expect([code, stderr]).toEqual([2, expect.stringContaining('name the first with --bundle')]);
  });

  test('variables that are empty are not set', async () => {
    const { code } = await run('verify shop --key k.pub', {
      ...{ PRATIQUE_BUNDLE: '', PRATIQUE_TYPE: '', PRATIQUE_SIGNATURES: '', PRATIQUE_CERTIFICATE_IDENTITY: '' },
    });
    expect(code).toBe(1);
  });
});

describe('sign', () => {
  test.each([
    ['shop --format notation --key k.key --certificate-chain c.pem --post-quantum-key pq.key', 'is of no use with'],
    ['shop --format notation --key k.key --certificate-chain c.pem --bundle out.json', 'is of no use with'],
    ['shop.txt --key k.key --signature out.asc --bundle out.json', 'is of no use with'],
    ['shop --key k.key --signature out.asc --recursive', 'is of no use with'],
    ['shop.txt --key k.key --signature out.asc --signing-config s.json', 'is of no use with'],
    ['shop --key k.key --certificate-chain c.pem', 'with --format notation'],
    ['shop.txt --key k.key --trusted-root r.json --bundle out.json', 'name them with --signing-config'],
    ['shop.txt --key k.key --tuf-mirror https://tuf.example --bundle out.json', 'name them with --signing-config'],
    ['shop.txt --key k.key --identity-token t --bundle out.json', 'leave out --key'],
    ['shop.txt --key k.key --recursive --bundle out.json', 'is in no registry'],
  ])('%s', async (flags, error) => {
    const before = readdirSync(dir);
    const { code, stderr } = await run(`sign ${flags}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(error)]);
    expect(readdirSync(dir)).toEqual(before);
  });

  test('variables that say where others sign without a key are passed over', async () => {
    const env = { PRATIQUE_TRUSTED_ROOT: 'r.json', PRATIQUE_IDENTITY_TOKEN: 't' };
    expect(await run('sign shop.txt --key k.key --bundle shop.json', env)).toMatchObject({ code: 0 });
  });

  test('a bundle on the command line counts more than variables of other kinds', async () => {
    const env = { PRATIQUE_SIGNATURE: 'shop.asc', PRATIQUE_FORMAT: 'notation', PRATIQUE_CERTIFICATE_CHAIN: 'c.pem' };
    expect(await run('sign shop.txt --key k.key --bundle shop.json', env)).toMatchObject({ code: 0 });
    expect(readdirSync(dir)).toContain('shop.json');
  });
});
