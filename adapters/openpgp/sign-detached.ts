import { createMessage, decryptKey, type PrivateKey, readPrivateKey, sign } from 'openpgp';
import { OpenpgpError } from './openpgp-error.ts';

/** Whether a file is an armored OpenPGP private key. */
export function isOpenpgpPrivateKey(text: string): boolean {
  return text.trimStart().startsWith('-----BEGIN PGP PRIVATE KEY BLOCK-----');
}

/** An armored private key, opened. Throws an OpenpgpError that names `source`. */
export async function openPrivateKey(
  text: string,
  source: string,
  passphrase: string | undefined,
): Promise<PrivateKey> {
  const key = await readPrivateKey({ armoredKey: text }).catch((cause: unknown) => {
    throw new OpenpgpError('OPENPGP_KEY_UNREADABLE', `${source}: not an OpenPGP private key`, { cause });
  });
  if (key.isDecrypted()) return key;
  if (passphrase === undefined)
    throw new OpenpgpError(
      'OPENPGP_PASSPHRASE_MISSING',
      `${source} is encrypted: give its passphrase in PRATIQUE_KEY_PASSPHRASE`,
    );
  return decryptKey({ privateKey: key, passphrase }).catch((cause: unknown) => {
    throw new OpenpgpError('OPENPGP_PASSPHRASE_WRONG', `${source}: the passphrase does not open it`, { cause });
  });
}

/** A detached signature over `data`, armored: what `gpg --verify FILE.asc FILE` takes. Throws an OpenpgpError where the key makes none. */
export async function signDetached(data: Uint8Array, key: PrivateKey, now: Date): Promise<string> {
  const message = await createMessage({ binary: data });
  const signing = sign({ message, signingKeys: key, detached: true, format: 'armored', date: now });
  return signing.catch((cause: Error) => {
    const why = cause.message.replace(/^Error signing message: /, '');
    throw new OpenpgpError(
      'OPENPGP_KEY_UNUSABLE',
      `the key ${key.getFingerprint().toUpperCase()} signs nothing now: ${why}. gpg --list-secret-keys shows which do [S], and until when`,
      { cause },
    );
  });
}
