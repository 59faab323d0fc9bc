/** trust, and sign and verify with what a TUF repository keeps. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeSigstore, startSigstore, unsignedToken } from '../../../fakes/sigstore.ts';
import {
  type FakeMirror,
  makeKeys,
  type Published,
  publish,
  rootFields,
  signMetadata,
  startMirror,
} from '../../../fakes/tuf-repository.ts';
import { NOW, runCommand } from './run-command.ts';

const soon = new Date(Date.parse(NOW) + 7 * 24 * 3600 * 1000).toISOString();
const keys = makeKeys();
const root = signMetadata('root', rootFields(1, keys, soon), keys.root.keys);
let cwd: string;
let mirror: FakeMirror;
let sigstore: FakeSigstore;

const run = (...argv: string[]) => runCommand(argv, { cwd, env: { PRATIQUE_CACHE_DIR: 'cache' } });
const serve = (version: number, changes: Partial<Published> = {}) => {
  const targets = {
    'trusted_root.json': sigstore.trustedRoot,
    'signing_config.v0.2.json': sigstore.signingConfig({ rekor: 2, tsa: true }),
  };
  for (const [name, bytes] of publish({ targets, version, expires: soon, keys, ...changes }))
    mirror.files.set(name, bytes);
};

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'pratique-trust-'));
  mirror = await startMirror();
  sigstore = await startSigstore();
  serve(5);
  await writeFile(path.join(cwd, 'root.json'), root);
  await writeFile(path.join(cwd, 'file.txt'), 'a file');
  await writeFile(path.join(cwd, 'token'), unsignedToken('dev@example.com'));
});
afterEach(async () => {
  await mirror.stop();
  await sigstore.stop();
  await rm(cwd, { recursive: true });
});

const at = () => ['--mirror', mirror.url];
const mirrored = () => ['--tuf-mirror', mirror.url, '--tuf-root', 'root.json'];
const asDev = ['--certificate-identity', 'dev@example.com', '--certificate-oidc-issuer', 'https://issuer.example'];

it('begins with a root that somebody brought, and gives what was signed, offline too', async () => {
  const checksum = createHash('sha256').update(root).digest('hex');
  const begin = ['trust', 'initialize', ...at(), '--root', 'root.json', '--root-checksum'];
  expect(await run(...begin, 'ab'.repeat(32))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(checksum) as string,
  });
  const begun = await run(...begin, checksum);
  expect(begun.code, begun.stderr).toBe(0);
  expect(begun.stdout).toContain('root 1, timestamp 5, snapshot 5, targets 5');
  const updated = await run('trust', 'update', ...at(), '--json');
  expect(JSON.parse(updated.stdout)).toMatchObject({ versions: { timestamp: 5 }, checkedAt: NOW, expires: soon });
  await mirror.stop();
  const got = await run('trust', 'get', 'trusted_root.json', ...at(), '--offline');
  expect(got).toMatchObject({ code: 0, stdout: sigstore.trustedRoot });
});

it('signs and verifies with the services and the root that the mirror keeps', async () => {
  const signed = await run('sign', 'file.txt', '--identity-token', 'token', ...mirrored(), '--bundle', 'b.json');
  expect(signed.code, signed.stderr).toBe(0);
  expect(await run('verify', 'file.txt', '--bundle', 'b.json', ...mirrored(), ...asDev)).toMatchObject({ code: 0 });
  await mirror.stop();
  const offline = ['verify', 'file.txt', '--bundle', 'b.json', ...mirrored(), ...asDev, '--offline'];
  expect(await run(...offline)).toMatchObject({ code: 0, stderr: '' });
});

it('refuses a mirror that goes back, with its code, and says so of one that is away', async () => {
  await run('trust', 'initialize', ...at(), '--root', 'root.json');
  serve(4);
  const back = await run('trust', 'update', ...at(), '--json');
  expect(back.code).toBe(1);
  expect(JSON.parse(back.stderr)).toMatchObject({ error: { code: 'TUF_ROLLBACK' } });
  await mirror.stop();
  expect(await run('trust', 'update', ...at())).toMatchObject({ code: 3 });
});

it.each([
  ['a mirror nobody named a root for', ['trust', 'update'], 'trust initialize'],
  ['no root to begin with', ['trust', 'initialize'], '--root'],
])('asks for what is missing: %s', async (_name, argv, hint) => {
  expect(await run(...argv, ...at())).toMatchObject({ code: 2, stderr: expect.stringContaining(hint) as string });
});

it('takes a file or a mirror, not both', async () => {
  const both = ['verify', 'file.txt', '--bundle', 'b.json', ...mirrored(), ...asDev, '--trusted-root', 'root.json'];
  expect(await run(...both)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('exclude one another') as string,
  });
});
