import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
