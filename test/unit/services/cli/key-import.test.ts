/** key import and key export --public: what cosign made is ours from then on, and what others verify with is its public half. */
import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decryptKey, encryptKey } from '../../../../adapters/sigstore/encrypted-key.ts';
import { keepPublicKey, listPublicKeys, openKeyRing } from '../../../../adapters/sigstore/local-key-ring.ts';
import { type AnsweringGateway, startAnsweringGateway } from './answering-gateway.ts';
import { keysAnswer } from './recorded-keys.ts';
import { type Ran, runCommand } from './run-command.ts';

/** Made by `cosign generate-key-pair` 3.1.3 for these tests, passphrase "pw of cosign"; it signs nothing else. */
const cosignKey = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiI4cGxMcDk2cE5Zdi9XVkk4S21rdzhJelZhS2J5OW1N
bTFZd05tMk1zNGdJPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJjZ2Zta1RaZmRDWlZTWlBVZGF0Vy9MZXgwMFJNWTJxSSJ9LCJj
aXBoZXJ0ZXh0IjoiYUNINXdlQXdjN29pNkMzaDNtWVFpdXRBVmtoaFE2QTBTb2Ur
U0Z4QlJHWnVvM2NmaVVNSHBwMDJFMTFSNHNEUUpVZ3JFZ3lEVUhXb3RXbis1dHhB
N1JHWU1DWk5CV2VsdDJySWJtRGs3OWR6RHdSTzBzblYwcTlXTVNtdVBRbjYyRnEz
bFg2UEkwNE9DTHBkVzVmRERVSURkb1pDOXRJczVtRFIxbEU2MHBBMnFmbEFPQnNj
T2JpYVNTTU80aFp4SnpVSk52L2N2UVp4WlE9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
`;
const cosignPublicKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEx19YGWfrBVWLnm1oUWlSZe11Llda
q3N+6GtSpMu7yc7PAZG2LSUeus92Y8DM7hDQphWNLi0X8uhIpNNjcJVW/A==
-----END PUBLIC KEY-----
`;
const PASSPHRASES = { COSIGN_PASSWORD: 'pw of cosign', PRATIQUE_KEY_PASSPHRASE: 'pw of the folder' };

let gateway: AnsweringGateway;
let cwd: string;
beforeAll(async () => {
  gateway = await startAnsweringGateway();
});
afterAll(() => gateway.close());
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'pratique-key-import-'));
  await writeFile(path.join(cwd, 'cosign.key'), cosignKey);
});
afterEach(async () => {
  expect(gateway.breaches).toEqual([]);
  await rm(cwd, { recursive: true });
});

const keysDir = () => path.join(cwd, 'keys');
const run = (argv: readonly string[], env: Readonly<Record<string, string>> = PASSPHRASES) =>
  runCommand(argv, { cwd, env: { ...env, PRATIQUE_TOKEN: 'prq_test', PRATIQUE_URL: gateway.url } });
const importing = (file = 'cosign.key', name = 'admission-prod') =>
  ['key', 'import', file, '--name', name, '--keys-dir', 'keys', '--json'] as const;

/** Every file of the folder, with its bytes; empty where there is no folder. */
async function contents(): Promise<Record<string, string>> {
  const names = await readdir(keysDir()).catch(() => []);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(path.join(keysDir(), name), 'utf8')] as const)),
  );
}

/** Neither the secret in any of the ways it may be written, nor what opens it. */
function expectNoSecret({ stdout, stderr }: Ran, ...keys: readonly KeyObject[]): void {
  const said = `${stdout}${stderr}`;
  for (const key of keys) {
    const { d = '' } = key.export({ format: 'jwk' });
    const scalar = Buffer.from(d, 'base64url');
    const body = key.export({ format: 'der', type: 'pkcs8' }).toString('base64');
    for (const secret of [d, scalar.toString('base64'), scalar.toString('hex'), body, body.slice(-40)])
      expect(said).not.toContain(secret);
  }
  expect(said).not.toMatch(/PRIVATE KEY/);
  expect(said).not.toContain(cosignKey.split('\n')[2]);
  for (const passphrase of Object.values(PASSPHRASES)) expect(said).not.toContain(passphrase);
}

it("cosign's encrypted key signs, and what is exported is the key others verify with", async () => {
  const imported = await run(importing());
  expect(imported, imported.stderr).toMatchObject({ code: 0, stderr: '' });
  const [own] = await listPublicKeys(keysDir());
  expect(JSON.parse(imported.stdout)).toEqual({
    name: 'admission-prod',
    keyId: own?.keyId,
    publicKeyPem: cosignPublicKey,
  });
  expect(Object.keys(await contents()).toSorted()).toEqual(['admission-prod.key', 'admission-prod.pub']);
  expect((await stat(path.join(keysDir(), 'admission-prod.key'))).mode & 0o777).toBe(0o600);
  // Sealed with the passphrase of the folder from now on.
  const kept = await readFile(path.join(keysDir(), 'admission-prod.key'), 'utf8');
  const secret = await decryptKey(kept, PASSPHRASES.PRATIQUE_KEY_PASSPHRASE, 'kept');
  expectNoSecret(imported, secret);

  // The trust worker tells the server of the public halves in its folder.
  const { own: others, ...rest } = keysAnswer;
  const told = { ...others[1]!, name: 'admission-prod', keyId: own!.keyId, publicKeyPem: own!.publicKeyPem };
  gateway.answer({ 'GET /keys': { body: { ...rest, own: [...others, told] } } });
  const shown = await run(['key', 'export', 'admission-prod', '--public']);
  expect(shown).toEqual({ code: 0, stdout: cosignPublicKey, stderr: '' });
  expect(await run(['key', 'export', own!.keyId, '--public', '-o', 'prod.pub'])).toMatchObject({ code: 0, stdout: '' });
  const published = await readFile(path.join(cwd, 'prod.pub'), 'utf8');
  expect(published).toBe(cosignPublicKey);
  expectNoSecret({ ...shown, stdout: `${shown.stdout}${published}` }, secret);

  const data = new TextEncoder().encode('to be signed');
  const signer = await openKeyRing(keysDir(), PASSPHRASES.PRATIQUE_KEY_PASSPHRASE).admission('prod');
  expect(verify('sha256', data, published, await signer.sign(data))).toBe(true);
  await writeFile(path.join(cwd, 'file.txt'), 'a file');
  const signed = await run(['sign', 'file.txt', '--key', 'keys/admission-prod.key', '--bundle', 'b.json']);
  expect(signed.code, signed.stderr).toBe(0);
  const verified = await run(['verify', 'file.txt', '--bundle', 'b.json', '--key', 'prod.pub'], {});
  expect(verified.code, verified.stdout).toBe(0);
});

describe('refused with its code, and nothing is written', () => {
  const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString();
  const agreeing = generateKeyPairSync('x25519').privateKey;
  const unusual = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const folderOnly = { PRATIQUE_KEY_PASSPHRASE: PASSPHRASES.PRATIQUE_KEY_PASSPHRASE };

  it.each<[string, string, string | (() => string | Promise<string>), Readonly<Record<string, string>>]>([
    ['another passphrase', 'KEY_PASSPHRASE_WRONG', cosignKey, { ...PASSPHRASES, COSIGN_PASSWORD: 'wrong' }],
    ['no passphrase for the key', 'KEY_PASSPHRASE_MISSING', cosignKey, folderOnly],
    ['no passphrase for the folder', 'KEY_PASSPHRASE_MISSING', cosignKey, { COSIGN_PASSWORD: 'pw of cosign' }],
    ['a key that agrees and does not sign', 'KEY_UNSUPPORTED', pem(agreeing), PASSPHRASES],
    ['one of those, encrypted', 'KEY_UNSUPPORTED', () => encryptKey(agreeing, 'pw of cosign'), PASSPHRASES],
    ['a curve nobody verifies', 'KEY_UNSUPPORTED', pem(unusual), PASSPHRASES],
    ['RSA of 1024 bits', 'KEY_UNSUPPORTED', pem(weak), PASSPHRASES],
    ['a public key', 'KEY_MALFORMED', cosignPublicKey, PASSPHRASES],
    ['an encrypted key that is cut short', 'KEY_MALFORMED', cosignKey.slice(0, 300), PASSPHRASES],
    ['nothing', 'KEY_MALFORMED', '', PASSPHRASES],
  ])('%s: %s', async (_name, code, text, env) => {
    await writeFile(path.join(cwd, 'given.key'), typeof text === 'string' ? text : await text());
    const ran = await run(importing('given.key'), env);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code } });
    await expect(access(keysDir())).rejects.toMatchObject({ code: 'ENOENT' });
    expectNoSecret(ran, agreeing, unusual);
  });

  it.each(['../evil', 'Prod', ''])('the name "%s"', async (name) => {
    const ran = await run(importing('cosign.key', name));
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'KEY_MISSING' } });
    expect(await readdir(cwd)).toEqual(['cosign.key']);
  });

  it('a file that is not there', async () => {
    const ran = await run(importing('elsewhere.key'));
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'FILE_UNREADABLE' } });
    expect(await readdir(cwd)).toEqual(['cosign.key']);
  });

  it('a name that another key has', async () => {
    expect(await run(importing())).toMatchObject({ code: 0 });
    const before = await contents();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(path.join(cwd, 'other.key'), pem(privateKey));
    for (const file of ['cosign.key', 'other.key']) {
      const ran = await run(importing(file));
      expect(ran).toMatchObject({ code: 2, stdout: '' });
      expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'KEY_EXISTS' } });
      expect(await contents()).toEqual(before);
      expectNoSecret(ran, privateKey);
    }
  });

  it('a name whose key is held elsewhere: its public half alone is in the folder', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await mkdir(keysDir());
    await keepPublicKey(keysDir(), 'admission-prod', publicKey.export({ format: 'pem', type: 'spki' }).toString());
    const before = await contents();
    const ran = await run(importing());
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'KEY_EXISTS' } });
    expect(await contents()).toEqual(before);
  });

  it('what the server does not name', async () => {
    gateway.answer({ 'GET /keys': { body: keysAnswer } });
    const ran = await run(['key', 'export', 'admission-nowhere', '--public', '-o', 'out.pub', '--json']);
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'KEY_MISSING' } });
    expect(await readdir(cwd)).toEqual(['cosign.key']);
  });
});
