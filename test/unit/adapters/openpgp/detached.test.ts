import { generateKey, type PublicKey, readKey, reformatKey, revokeKey } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { isOpenpgpPrivateKey, openPrivateKey, signDetached } from '../../../../adapters/openpgp/sign-detached.ts';
import { readKeyring, verifyDetached } from '../../../../adapters/openpgp/verify-detached.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const data = encode('an SBOM\n');
const made = new Date(Date.UTC(2026, 0, 1));
const later = new Date(Date.UTC(2026, 5, 1));

interface Pair {
  readonly privateKey: string;
  readonly publicKey: string;
}
const newPair = (name: string, passphrase?: string): Promise<Pair> =>
  generateKey({
    ...{ userIDs: [{ name }], date: made, format: 'armored' as const },
    ...(passphrase === undefined ? {} : { passphrase }),
  });

let release: Pair;
let stranger: Pair;
let ring: readonly PublicKey[];
let signature: string;
beforeAll(async () => {
  [release, stranger] = [await newPair('release', 'secret'), await newPair('stranger')];
  ring = await readKeyring(encode(release.publicKey), 'ring');
  signature = await signDetached(data, await openPrivateKey(release.privateKey, 'key', 'secret'), later);
});

describe('a detached signature', () => {
  it('verifies against a keyring, armored and binary', async () => {
    const verified = await verifyDetached(data, encode(signature), ring, later);
    expect(verified).toMatchObject({ outcome: 'verified', userId: 'release', signedAt: later.toISOString() });
    const key = await readKey({ armoredKey: release.publicKey });
    const binary = await readKeyring(key.write() as Uint8Array, 'ring');
    expect(await verifyDetached(data, encode(signature), binary, later)).toEqual(verified);
  });

  it('is found among several, and its key in a list of them with text between, as gpg takes both', async () => {
    const foreign = await signDetached(data, await openPrivateKey(stranger.privateKey, 'key', undefined), later);
    const keys = `Keys of the project.\n\n${stranger.publicKey}\nrelease, since 2026:\n${release.publicKey}`;
    const both = await readKeyring(encode(keys), 'KEYS');
    expect(both).toHaveLength(2);
    expect(await verifyDetached(data, encode(signature), both, later)).toMatchObject({ userId: 'release' });
    for (const several of [foreign + signature, signature + foreign])
      expect(await verifyDetached(data, encode(several), ring, later)).toMatchObject({ userId: 'release' });
    await expect(
      readKeyring(encode(`${release.publicKey}\n${stranger.publicKey.slice(0, 200)}`), 'KEYS'),
    ).rejects.toThrow('KEYS: not an OpenPGP keyring');
  });

  it('of other bytes, by a stranger, or of garbage does not', async () => {
    const rejected = (code: string) => ({ outcome: 'rejected', code });
    expect(await verifyDetached(encode('other'), encode(signature), ring, later)).toMatchObject(
      rejected('SIGNATURE_INVALID'),
    );
    const foreign = await signDetached(data, await openPrivateKey(stranger.privateKey, 'key', undefined), later);
    expect(await verifyDetached(data, encode(foreign), ring, later)).toMatchObject(rejected('SIGNER_UNKNOWN'));
    const flipped = signature.replace(/\n([A-Za-z0-9+/]{10})/, (line) => line.replace(/[A-Z]/, 'z'));
    for (const hostile of ['', 'text', release.publicKey, flipped, 'x'.repeat(300_000)])
      expect(await verifyDetached(data, encode(hostile), ring, later)).toMatchObject({ outcome: 'rejected' });
  });

  it('of a key that was revoked, or that had expired, does not count', async () => {
    const privateKey = await openPrivateKey(release.privateKey, 'key', 'secret');
    const { publicKey: revoked } = await revokeKey({ key: privateKey, date: made, format: 'armored' });
    const revokedRing = await readKeyring(encode(revoked), 'ring');
    expect(await verifyDetached(data, encode(signature), revokedRing, later)).toMatchObject({ outcome: 'rejected' });
    const { publicKey: short } = await reformatKey({
      ...{ privateKey, userIDs: [{ name: 'release' }], date: made, keyExpirationTime: 60, format: 'armored' as const },
    });
    const expiredRing = await readKeyring(encode(short), 'ring');
    expect(await verifyDetached(data, encode(signature), expiredRing, later)).toMatchObject({ outcome: 'rejected' });
  });

  it('from the future does not, beyond what clocks differ by', async () => {
    const soon = (ms: number) => new Date(later.getTime() - ms);
    expect(await verifyDetached(data, encode(signature), ring, soon(60_000))).toMatchObject({ outcome: 'verified' });
    expect(await verifyDetached(data, encode(signature), ring, soon(3_600_000))).toMatchObject({ outcome: 'rejected' });
  });
});

describe('keys', () => {
  it('are told apart from others, and open with their passphrase alone', async () => {
    expect(isOpenpgpPrivateKey(release.privateKey)).toBe(true);
    expect(isOpenpgpPrivateKey('-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----')).toBe(false);
    await expect(openPrivateKey(release.privateKey, 'k', undefined)).rejects.toMatchObject({
      code: 'OPENPGP_PASSPHRASE_MISSING',
    });
    await expect(openPrivateKey(release.privateKey, 'k', 'no')).rejects.toMatchObject({
      code: 'OPENPGP_PASSPHRASE_WRONG',
    });
    await expect(openPrivateKey('text', 'k', undefined)).rejects.toMatchObject({ code: 'OPENPGP_KEY_UNREADABLE' });
  });

  it.each(['', 'no keyring', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----'])(
    'a keyring that is none is an error, never an empty one: %j',
    async (text) => {
      await expect(readKeyring(encode(text), 'ring')).rejects.toThrow(/^ring: /);
    },
  );
});
