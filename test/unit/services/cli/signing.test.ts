/** sign, attest and verify as commands: with keys, keyless, of files and folders. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeSigstore, startSigstore, unsignedToken } from '../../../fakes/sigstore.ts';
import { runCommand } from './run-command.ts';

const cwd = mkdtempSync(path.join(tmpdir(), 'pratique-signing-'));
const run = (...argv: string[]) => runCommand(argv, { cwd });
const write = (file: string, text: string) => writeFile(path.join(cwd, file), text);
let sigstore: FakeSigstore;

beforeAll(async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  await write('a.key', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  await write('a.pub', publicKey.export({ format: 'pem', type: 'spki' }).toString());
  await write('file.txt', 'a file');
  await write('predicate.json', '{"reviewed":true}');
  await write('token', unsignedToken('dev@example.com'));
});
beforeEach(async () => {
  sigstore = await startSigstore();
  await write('config.json', sigstore.signingConfig({ rekor: 2, tsa: true }));
  await write('root.json', sigstore.trustedRoot);
  return () => sigstore.stop();
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

// The clock of runCommand stands still, and the certificate logs of the fake began long before.
const keyless = ['--signing-config', 'config.json', '--identity-token', 'token', '--trusted-root', 'root.json'];
const asDev = [
  '--trusted-root',
  'root.json',
  '--certificate-identity',
  'dev@example.com',
  '--certificate-oidc-issuer',
  'https://issuer.example',
];

describe('keyless', () => {
  it('a file is signed by whom the token names, and verify says when and in which log', async () => {
    expect(await run('sign', 'file.txt', ...keyless, '--bundle', 'b.json')).toMatchObject({ code: 0 });
    const verified = await run('verify', 'file.txt', '--bundle', 'b.json', ...asDev, '-o', 'json');
    expect(verified.code, verified.stderr).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      verified: true,
      evidence: [
        {
          signer: 'cert:https://issuer.example|dev@example.com',
          proof: { times: [{ by: 'timestamp-authority' }], logs: [{ log: sigstore.url, kind: 'hashedrekord/0.0.2' }] },
        },
      ],
    });
  });

  it('an attestation, and not by anybody else', async () => {
    const type = ['--type', 'https://example.com/review/v1'];
    const attested = await run(
      'attest',
      'file.txt',
      ...keyless,
      ...type,
      '--predicate',
      'predicate.json',
      '--bundle',
      'c.json',
    );
    expect(attested).toMatchObject({ code: 0 });
    expect(await run('verify', 'file.txt', '--bundle', 'c.json', ...asDev, ...type)).toMatchObject({ code: 0 });
    const other = asDev.map((word) => (word === 'dev@example.com' ? 'ops@example.com' : word));
    const refused = await run('verify', 'file.txt', '--bundle', 'c.json', ...other, ...type);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('IDENTITY_MISMATCH');
  });

  it("by the protocol of Sigstore's conformance suite", async () => {
    const token = unsignedToken('dev@example.com');
    const services = ['--trusted-root', 'root.json', '--signing-config', 'config.json'];
    const sign = (...words: string[]) =>
      run('conformance', 'sign-bundle', ...services, '--identity-token', token, '--bundle', 'f.json', ...words);
    const verify = (subject: string) => run('conformance', 'verify-bundle', '--bundle', 'f.json', ...asDev, subject);
    expect((await sign('--in-toto', 'predicate.json')).code).toBe(2);
    expect(await sign('file.txt')).toMatchObject({ code: 0 });
    expect(await verify('file.txt')).toMatchObject({ code: 0 });
    const sha256 = createHash('sha256').update('a file').digest('hex');
    expect(await verify(`sha256:${sha256}`)).toMatchObject({ code: 0 });
    await write(
      'statement.json',
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'file.txt', digest: { sha256 } }],
        predicateType: 'https://example.com/t',
        predicate: {},
      }),
    );
    expect(await sign('--in-toto', 'statement.json')).toMatchObject({ code: 0 });
    expect(await verify('file.txt')).toMatchObject({ code: 0 });
    expect(await verify('predicate.json')).toMatchObject({ code: 1 });
    // A key that signed nothing does not make everybody's certificate count.
    const onlyKey = ['--key', 'a.pub', '--trusted-root', 'root.json', '--bundle', 'f.json'];
    expect(await run('conformance', 'verify-bundle', ...onlyKey, 'file.txt')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SIGNER_UNKNOWN') as string,
    });
  });

  it('a key, witnessed', async () => {
    const config = ['--signing-config', 'config.json', '--trusted-root', 'root.json'];
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await write('p.key', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
    await write('p.pub', publicKey.export({ format: 'pem', type: 'spki' }).toString());
    expect(await run('sign', 'file.txt', '--key', 'p.key', ...config, '--bundle', 'd.json')).toMatchObject({ code: 0 });
    const verify = [
      'verify',
      'file.txt',
      '--key',
      'p.pub',
      '--trusted-root',
      'root.json',
      '--bundle',
      'd.json',
      '-o',
      'json',
    ];
    expect(JSON.parse((await run(...verify)).stdout)).toMatchObject({
      evidence: [{ proof: { logs: [{ log: sigstore.url }] } }],
    });
  });

  it.each([['ca'], ['rekor2'], ['tsa']] as const)(
    'where %s does not answer, nothing is signed: exit code 3',
    async (part) => {
      sigstore.fail(part, 503);
      const { code, stderr } = await run('sign', 'file.txt', ...keyless, '--bundle', `never-${part}.json`);
      expect(code).toBe(3);
      expect(stderr).toContain('nothing was signed');
      await expect(readFile(path.join(cwd, `never-${part}.json`))).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );

  it.each([
    ['no token', ['--signing-config', 'config.json'], 'nobody says who signs'],
    ['a token that is none', ['--signing-config', 'config.json', '--identity-token', 'file.txt'], 'no JSON Web Token'],
    ['a config that is none', ['--signing-config', 'file.txt', '--identity-token', 'token'], 'signing config'],
    ['nobody', [], 'say who signs'],
  ])('%s: exit code 2', async (_name, options, words) => {
    const { code, stderr } = await run('sign', 'file.txt', ...options, '--bundle', 'never.json');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) as string });
  });
});

describe('a folder', () => {
  it('is signed as the checksums of its files, and any change shows', async () => {
    await mkdir(path.join(cwd, 'dist/sub'), { recursive: true });
    await write('dist/b.js', 'b');
    await write('dist/sub/a.js', 'a');
    expect(await run('sign', 'dist', '--key', 'a.key', '--bundle', 'e.json')).toMatchObject({ code: 0 });
    const verify = () => run('verify', 'dist', '--key', 'a.pub', '--bundle', 'e.json');
    expect(await verify()).toMatchObject({ code: 0 });
    await write('dist/sub/new.js', '');
    expect(await verify()).toMatchObject({ code: 1 });
  });

  it('does not take its own bundle in, which would make another of it; nor is a file overwritten by its own', async () => {
    await mkdir(path.join(cwd, 'site'));
    await write('site/..a.js', 'a');
    for (const [target, bundle] of [
      ['site', 'site/e.json'],
      ['site', path.join(cwd, 'site/sub/e.json')],
      ['file.txt', 'file.txt'],
    ] as const)
      expect(await run('sign', target, '--key', 'a.key', '--bundle', bundle)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${bundle} is part of ${target}`) as unknown,
      });
    expect(await run('sign', 'site', '--key', 'a.key', '--bundle', 'site.json')).toMatchObject({ code: 0 });
  });

  it('nor by way of a link; and a bundle without a folder is a mistake that is found before anything is signed', async () => {
    await symlink('file.txt', path.join(cwd, 'link.json'));
    const sign = (bundle: string) => run('sign', 'file.txt', '--key', 'a.key', '--bundle', bundle);
    expect(await sign('link.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is part of') as unknown,
    });
    expect(await readFile(path.join(cwd, 'file.txt'), 'utf8')).toBe('a file');
    expect(await sign('nowhere/b.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nowhere/b.json can not be written: make its folder first') as unknown,
    });
  });

  it('with a link is refused', async () => {
    await mkdir(path.join(cwd, 'linked'));
    await symlink('/etc/hostname', path.join(cwd, 'linked/x'));
    const { code, stderr } = await run('sign', 'linked', '--key', 'a.key', '--bundle', 'never.json');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('linked holds x') as string });
  });
});
