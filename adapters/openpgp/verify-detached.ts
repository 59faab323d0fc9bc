import { createMessage, type PublicKey, readKeys, readSignature, type Signature, verify } from 'openpgp';
import { armoredBlocks } from './armored-blocks.ts';
import { OpenpgpError } from './openpgp-error.ts';

export type DetachedVerification =
  | {
      readonly outcome: 'verified';
      /** Of the primary key, in hex, upper case. */
      readonly fingerprint: string;
      /** As the key states it; nobody has checked it. */
      readonly userId: string;
      /** What the signature says of its time (RFC 3339): proven by nobody. */
      readonly signedAt: string;
    }
  | {
      readonly outcome: 'rejected';
      readonly code:
        | 'SIGNATURE_MALFORMED'
        | 'SIGNATURE_INVALID'
        | 'SIGNER_UNKNOWN'
        | 'SIGNER_REVOKED'
        | 'SIGNER_EXPIRED';
      readonly reason: string;
    };

/** Bytes of a detached signature: each is under a kilobyte. */
const MAX_SIGNATURE_BYTES = 256 * 1024;
/** Signatures of one file that are looked at. */
const MAX_SIGNATURES = 100;
/** Clocks of honest machines differ by less. */
const SKEW_MS = 300_000;

/** An OpenPGP keyring (RFC 9580): armored, also as several blocks with text between, or as gpg exports it. Throws an OpenpgpError that names `source`. */
export async function readKeyring(bytes: Uint8Array, source: string): Promise<readonly PublicKey[]> {
  // What `gpg --export` of nobody writes is nothing.
  if (bytes.length === 0) throw emptyKeyring(source);
  const blocks = armoredBlocks(bytes, ['PUBLIC KEY BLOCK', 'PRIVATE KEY BLOCK']);
  const reading =
    blocks === undefined
      ? readKeys({ binaryKeys: bytes })
      : Promise.all(blocks.map((armoredKeys) => readKeys({ armoredKeys }))).then((read) => read.flat());
  const keys = await reading.catch((cause: unknown) => {
    throw new OpenpgpError('OPENPGP_KEYRING_UNREADABLE', `${source}: not an OpenPGP keyring (gpg --export)`, { cause });
  });
  if (keys.length === 0) throw emptyKeyring(source);
  return keys.map((key) => key.toPublic());
}

function emptyKeyring(source: string): OpenpgpError {
  return new OpenpgpError(
    'OPENPGP_KEYRING_EMPTY',
    `${source}: the keyring has no key, so that nobody is trusted: export the signer's into it (gpg --export ID > ${source})`,
  );
}

/**
 * A detached signature over `data`, armored or binary, by any key of the ring. Keys that were revoked, or had expired when it was
 * signed, and hashes that are broken do not count. Never throws on a hostile signature.
 */
export async function verifyDetached(
  data: Uint8Array,
  signature: Uint8Array,
  keyring: readonly PublicKey[],
  now: Date,
): Promise<DetachedVerification> {
  const reject = (code: Extract<DetachedVerification, { outcome: 'rejected' }>['code'], reason: string) =>
    ({ outcome: 'rejected', code, reason }) as const;
  const read = await readDetached(signature);
  if (read === undefined) return reject('SIGNATURE_MALFORMED', 'not a detached OpenPGP signature');
  const message = await createMessage({ binary: data });
  const { signatures } = await verify({
    message,
    signature: read,
    verificationKeys: [...keyring],
    date: new Date(now.getTime() + SKEW_MS),
    format: 'binary',
  });
  let failure = reject('SIGNATURE_MALFORMED', 'the file holds no signature');
  for (const { keyID, verified, signature: packets } of signatures.slice(0, MAX_SIGNATURES)) {
    const key = keyring.find((one) => one.getKeys(keyID).length > 0);
    if (key === undefined) {
      failure = reject('SIGNER_UNKNOWN', `signed by key ${keyID.toHex().toUpperCase()}, which is not in the keyring`);
      await verified.catch(() => undefined);
      continue;
    }
    try {
      await verified;
      const { packets: made } = await packets;
      return {
        outcome: 'verified',
        fingerprint: key.getFingerprint().toUpperCase(),
        userId: key.getUserIDs()[0] ?? '',
        signedAt: (made[0]?.created ?? now).toISOString(),
      };
    } catch (error) {
      const why = await endOf(key, error);
      if (why !== undefined) {
        failure = reject(why, `signed by key ${key.getFingerprint().toUpperCase()}, which ${endings[why]}`);
        continue;
      }
      // The library's sentences are of its own, and of the key: nothing of the data is in them.
      failure = reject(
        'SIGNATURE_INVALID',
        error instanceof Error ? error.message.slice(0, 200) : 'it does not verify',
      );
    }
  }
  return failure;
}

const endings = {
  SIGNER_REVOKED: 'its owner has revoked',
  SIGNER_EXPIRED: 'had expired when it was signed',
} as const;

/** Undefined where it is the signature, and not the key, that counts for nothing. */
async function endOf(key: PublicKey, error: unknown): Promise<keyof typeof endings | undefined> {
  const said = error instanceof Error ? error.message : '';
  if (/revoked/i.test(said) || (await key.isRevoked().catch(() => false))) return 'SIGNER_REVOKED';
  return /key.*(?:expired|not valid at)|expired.*key/i.test(said) ? 'SIGNER_EXPIRED' : undefined;
}

async function readDetached(bytes: Uint8Array): Promise<Signature | undefined> {
  if (bytes.length > MAX_SIGNATURE_BYTES) return undefined;
  const blocks = armoredBlocks(bytes, ['SIGNATURE']);
  try {
    if (blocks === undefined) return await readSignature({ binarySignature: bytes });
    const read: Uint8Array[] = [];
    for (const armoredSignature of blocks.slice(0, MAX_SIGNATURES))
      read.push((await readSignature({ armoredSignature })).write() as Uint8Array);
    return await readSignature({ binarySignature: Buffer.concat(read) });
  } catch {
    return undefined;
  }
}
