import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importKey } from '../../../../adapters/sigstore/import-key.ts';
import { ensureKey, ensureKeys, listPublicKeys, openKeyRing } from '../../../../adapters/sigstore/local-key-ring.ts';

let folder: string;
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(tmpdir(), 'pratique keys ')), 'trust');
});
afterEach(async () => {
  await rm(path.dirname(folder), { recursive: true });
});

it('makes one key for evidence and one an environment, readable by their owner alone', async () => {
  const made = await ensureKeys(folder, 'pw', ['dev', 'prod']);
  expect(made.map((key) => key.name)).toEqual(['evidence', 'admission-dev', 'admission-prod']);
  expect(new Set(made.map((key) => key.keyId)).size).toBe(3);
  for (const { name } of made) expect((await stat(path.join(folder, `${name}.key`))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

it('never replaces a key, and makes the public half again where it is lost', async () => {
  const before = await ensureKeys(folder, 'pw', ['dev']);
  await unlink(path.join(folder, 'evidence.pub'));
  expect((await ensureKeys(folder, 'pw', ['dev', 'prod'])).slice(0, 2)).toEqual(before);
  expect((await listPublicKeys(folder)).map((key) => key.name)).toEqual([
    'admission-dev',
    'admission-prod',
    'evidence',
  ]);
});

it('two processes that start together end with one key', async () => {
  const made = await Promise.all(Array.from({ length: 4 }, () => ensureKey(folder, 'evidence', 'pw')));
  expect(new Set(made.map((key) => key.keyId)).size).toBe(1);
  expect((await openKeyRing(folder, 'pw').evidence()).keyId).toBe(made[0]?.keyId);
});

it('signs with the key it was asked for', async () => {
  const [evidence, admission] = await ensureKeys(folder, 'pw', ['prod']);
  const ring = openKeyRing(folder, 'pw');
  const data = new TextEncoder().encode('to be signed');
  for (const [signer, file] of [
    [await ring.evidence(), evidence],
    [await ring.admission('prod'), admission],
  ] as const) {
    expect(signer.keyId).toBe(file?.keyId);
    const publicKey = createPublicKey(await readFile(path.join(folder, `${file?.name}.pub`), 'utf8'));
    expect(verify('sha256', data, publicKey, await signer.sign(data))).toBe(true);
  }
});

describe('refused', () => {
  it('an empty passphrase', async () => {
    await expect(ensureKeys(folder, '', [])).rejects.toMatchObject({ code: 'KEY_PASSPHRASE_MISSING' });
  });

  it.each(['../evil', 'Prod', 'a/b', ''])('the environment "%s"', async (environment) => {
    await expect(ensureKeys(folder, 'pw', [environment])).rejects.toMatchObject({ code: 'KEY_MISSING' });
    await expect(openKeyRing(folder, 'pw').admission(environment)).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });

  it('another passphrase', async () => {
    await ensureKeys(folder, 'pw', []);
    await expect(openKeyRing(folder, 'other').evidence()).rejects.toMatchObject({ code: 'KEY_PASSPHRASE_WRONG' });
  });

  it('a public file of another key', async () => {
    await ensureKeys(folder, 'pw', ['dev']);
    await writeFile(path.join(folder, 'evidence.pub'), await readFile(path.join(folder, 'admission-dev.pub')));
    await expect(openKeyRing(folder, 'pw').evidence()).rejects.toMatchObject({ code: 'KEY_MISMATCH' });
  });

  it('a key that is missing, until it is there', async () => {
    await ensureKeys(folder, 'pw', []);
    const ring = openKeyRing(folder, 'pw');
    await expect(ring.admission('dev')).rejects.toMatchObject({ code: 'KEY_MISSING' });
    await ensureKeys(folder, 'pw', ['dev']);
    expect((await ring.admission('dev')).keyId).toHaveLength(44);
  });
});

describe('a key that somebody brings', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const bring = (over: Partial<Parameters<typeof importKey>[0]> = {}) =>
    importKey({
      pem,
      source: 'k.pem',
      sourcePassphrase: undefined,
      folder,
      name: 'evidence',
      passphrase: 'pw',
      ...over,
    });

  const elsewhere = () => path.join(path.dirname(folder), 'elsewhere');

  it('signs for one kind of work: under a second name it is refused, and nothing is written', async () => {
    await bring();
    const before = await readdir(folder);
    for (const name of ['admission-prod', 'evidence.2'])
      await expect(bring({ name })).rejects.toMatchObject({
        code: 'KEY_EXISTS',
        message: expect.stringContaining(`as evidence, and one key is for one kind of work`),
      });
    expect(await readdir(folder)).toEqual(before);
  });

  it('signs from then on, is encrypted, and is replaced by nobody', async () => {
    const brought = await bring();
    expect((await openKeyRing(folder, 'pw').evidence()).keyId).toBe(brought.keyId);
    expect(await readFile(path.join(folder, 'evidence.key'), 'utf8')).toContain('ENCRYPTED');
    await expect(bring()).rejects.toMatchObject({ code: 'KEY_EXISTS' });
    expect((await ensureKeys(folder, 'pw', [])).map(({ keyId }) => keyId)).toEqual([brought.keyId]);
  });

  it('comes from cosign as well, with its own passphrase', async () => {
    await bring();
    const encrypted = await readFile(path.join(folder, 'evidence.key'), 'utf8');
    const brought = await bring({
      pem: encrypted,
      sourcePassphrase: 'pw',
      folder: elsewhere(),
      name: 'admission-prod',
      passphrase: 'other',
    });
    expect((await openKeyRing(elsewhere(), 'other').admission('prod')).keyId).toBe(brought.keyId);
    await expect(bring({ pem: encrypted, name: 'x' })).rejects.toMatchObject({ code: 'KEY_PASSPHRASE_MISSING' });
    await expect(bring({ pem: encrypted, sourcePassphrase: 'no', name: 'x' })).rejects.toMatchObject({
      code: 'KEY_PASSPHRASE_WRONG',
    });
  });

  it.each([
    [{ pem: 'no key' }, 'KEY_MALFORMED'],
    [{ passphrase: '' }, 'KEY_PASSPHRASE_MISSING'],
    [{ name: '../evil' }, 'KEY_MISSING'],
  ])('%j is refused', async (over, code) => {
    await expect(bring(over)).rejects.toMatchObject({ code });
  });
});

it('opens what is recorded as in use, and nothing else that came in its place', async () => {
  const [evidence, dev] = await ensureKeys(folder, 'pw', ['dev', 'prod']);
  const at = (file: string, keyId: string | undefined) =>
    openKeyRing(folder, 'pw', {
      inUse: async () => ({ keyId: keyId ?? '', file, reference: undefined }),
      openReference: () => Promise.reject(new Error('nothing is held elsewhere')),
    }).admission('prod');
  expect((await at('admission-dev', dev?.keyId)).keyId).toBe(dev?.keyId);
  await expect(at('admission-dev', evidence?.keyId)).rejects.toMatchObject({
    code: 'KEY_MISMATCH',
    message: expect.stringMatching(/admission-dev\.key is another key.*pratique key rotate admission-prod$/),
  });
});
