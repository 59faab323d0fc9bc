import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decryptKey, encryptKey, isEncryptedKey } from '../../../../adapters/sigstore/encrypted-key.ts';
import { keyIdOf } from '../../../../adapters/sigstore/key-id.ts';
import { readLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';

/** Made by `cosign generate-key-pair` 3.1.3 for this test, passphrase "pw"; it signs nothing. */
const cosignKey = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJ3MXhTd3U1Uzd3SDBWcExFWjliOFpxWk1JTTBUbHRQ
MnJCdnVsRjAxSjdJPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJyMFJ3ZHVtOFVwRnRMNUlEVzhaZzVqU3FNQk1jZWh4KyJ9LCJj
aXBoZXJ0ZXh0IjoiN0tIVlNHTUVVTkVIVVpHWVkrQjBwbWp6ZjNCYmhWUk9jVklB
cjBGVE9Pa1pETVJWL0x6bVFVTnA5djRQSGdHNERqM3RsbURMd0djZnp4TGNyeFVV
UDJiUnR1R1JLdWEwRWhPSmU1bzNkUzNGUmFBWU1rYkJZWnMrRjRWZWlQeGFhMFl5
RjA0ZFN6UU05V0pwQjMvZHdjU1IzdXArVWNMTTNPRHdOR1JnR2YxZmpWdlhjZ3Ir
N2VwV28wUE14MkloTFhXdi9UYXo2bGNPc0E9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
`;
const cosignPublicKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjC/PBj2JmmFIM5xJ1o7tSElx2OcU
v8uf7f4vMtCRfoMknOoels3+4gc1KfJ7PrSUwv2rdGX2p683B45MGkfRIQ==
-----END PUBLIC KEY-----
`;
const cosignHint = 'uNZYlzztVz8MRlLOemtYjrnYIKn/Sh1+9eYOVcamrwc=';

const body = (pem: string) =>
  JSON.parse(Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64').toString()) as {
    kdf: { name: string; params: { N: number; r: number; p: number }; salt: string };
    cipher: { name: string; nonce: string };
    ciphertext: string;
  };
const wrap = (json: object, label = 'ENCRYPTED SIGSTORE PRIVATE KEY') =>
  `-----BEGIN ${label}-----\n${Buffer.from(JSON.stringify(json)).toString('base64')}\n-----END ${label}-----\n`;

describe('a key of cosign', () => {
  it.each(['ENCRYPTED SIGSTORE PRIVATE KEY', 'ENCRYPTED COSIGN PRIVATE KEY'])(
    'opens under the header %s',
    async (label) => {
      const key = await decryptKey(wrap(body(cosignKey), label), 'pw', 'cosign.key');
      const publicKey = createPublicKey(key);
      expect(publicKey.export({ format: 'pem', type: 'spki' })).toBe(cosignPublicKey);
      expect(keyIdOf(publicKey)).toBe(cosignHint);
    },
  );

  it('signs', async () => {
    expect((await readLocalSigner(cosignKey, 'cosign.key', async () => 'pw')).keyId).toBe(cosignHint);
  });
});

it('a key of ours has the same form, and opens with its passphrase alone', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = await encryptKey(privateKey, 'correct horse');
  expect(isEncryptedKey(pem)).toBe(true);
  expect(body(pem).kdf.params).toEqual({ N: 65_536, r: 8, p: 1 });
  expect((await decryptKey(pem, 'correct horse', 'a.key')).equals(privateKey)).toBe(true);
  await expect(decryptKey(pem, 'wrong', 'a.key')).rejects.toMatchObject({
    code: 'KEY_PASSPHRASE_WRONG',
    message: expect.stringContaining('a.key') as string,
  });
});

describe('a key that OpenSSL encrypted', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const lock = { cipher: 'aes-256-cbc', passphrase: 'correct horse' };
  it.each(['pkcs8', 'sec1'] as const)('as %s opens with its passphrase alone', async (type) => {
    const pem = privateKey.export({ format: 'pem', type, ...lock }).toString();
    const signer = await readLocalSigner(pem, 'a.key', async () => 'correct horse');
    expect(signer.keyId).toBe(keyIdOf(createPublicKey(privateKey)));
    for (const [text, passphrase] of [
      [pem, 'wrong'],
      [pem.replace(/[^-]{40}\n-----END/, '\n-----END'), 'correct horse'],
    ] as const)
      await expect(readLocalSigner(text, 'a.key', async () => passphrase)).rejects.toMatchObject({
        code: 'KEY_PASSPHRASE_WRONG',
        message: expect.stringContaining('a.key') as string,
      });
    await expect(readLocalSigner(pem, 'a.key', async () => undefined)).rejects.toMatchObject({
      code: 'KEY_PASSPHRASE_MISSING',
    });
  });
});

describe('refused, with the file named and nothing of it quoted', () => {
  const good = body(cosignKey);
  const { kdf, cipher, ciphertext } = good;
  it.each([
    ['cut short', cosignKey.slice(0, 200), 'KEY_MALFORMED'],
    ['no JSON inside', wrap({}).replace(/\n.*\n/, '\nQUJD\n'), 'KEY_MALFORMED'],
    // A cost of 2^30 would take a terabyte.
    [
      'a cost nobody writes',
      wrap({ kdf: { ...kdf, params: { ...kdf.params, N: 2 ** 30 } }, cipher, ciphertext }),
      'KEY_UNSUPPORTED',
    ],
    [
      'a memory factor nobody writes',
      wrap({ kdf: { ...kdf, params: { ...kdf.params, r: 1024 } }, cipher, ciphertext }),
      'KEY_UNSUPPORTED',
    ],
    ['another derivation', wrap({ kdf: { ...kdf, name: 'pbkdf2' }, cipher, ciphertext }), 'KEY_UNSUPPORTED'],
    ['another cipher', wrap({ kdf, cipher: { ...cipher, name: 'aes' }, ciphertext }), 'KEY_UNSUPPORTED'],
    ['a short nonce', wrap({ kdf, cipher: { ...cipher, nonce: 'AAAA' }, ciphertext }), 'KEY_UNSUPPORTED'],
    ['no ciphertext', wrap({ kdf, cipher }), 'KEY_UNSUPPORTED'],
    [
      'changed ciphertext',
      wrap({ ...good, ciphertext: Buffer.from(ciphertext, 'base64').reverse().toString('base64') }),
      'KEY_PASSPHRASE_WRONG',
    ],
  ])('%s', async (_name, pem, code) => {
    const error: unknown = await decryptKey(pem, 'pw', 'x.key').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'KeyError', code });
    expect(String(error)).toContain('x.key');
    expect(String(error)).not.toContain(ciphertext.slice(0, 20));
  });
});

describe('plain PEM', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const never = async () => Promise.reject(new Error('asked for a passphrase'));

  it.each(['pkcs8', 'sec1'] as const)('%s is read without a passphrase', async (type) => {
    const pem = privateKey.export({ format: 'pem', type }).toString();
    expect((await readLocalSigner(pem, 'plain.key', never)).keyId).toBe(keyIdOf(createPublicKey(privateKey)));
  });

  it.each([
    [
      'a secp256k1 key',
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
        .privateKey.export({ format: 'pem', type: 'pkcs8' })
        .toString(),
      'KEY_UNSUPPORTED',
    ],
    [
      'an X25519 key',
      generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      'KEY_UNSUPPORTED',
    ],
    ['a public key', cosignPublicKey, 'KEY_MALFORMED'],
    ['anything', 'hello', 'KEY_MALFORMED'],
  ])('%s is refused', async (_name, pem, code) => {
    await expect(readLocalSigner(pem, 'plain.key', never)).rejects.toMatchObject({ code });
  });

  it('an encrypted key without a passphrase says where to give it', async () => {
    await expect(readLocalSigner(cosignKey, 'c.key', async () => undefined)).rejects.toMatchObject({
      code: 'KEY_PASSPHRASE_MISSING',
      message: expect.stringContaining('PRATIQUE_KEY_PASSPHRASE') as string,
    });
  });
});
