import { decryptKey, encryptKey, isEncryptedKey } from './encrypted-key.ts';
import { KeyError } from './key-error.ts';
import { type PublicKeyFile, writeKey } from './local-key-ring.ts';
import { parsePlainKey } from './local-signer.ts';

/**
 * Keeps somebody's private key (PEM, or cosign's encrypted file) in a folder of keys, encrypted under the folder's passphrase.
 * Throws a KeyError where it is no key that signs, or where one of that name is there already.
 */
export async function importKey(wanted: {
  readonly pem: string;
  /** For messages. */
  readonly source: string;
  readonly sourcePassphrase: string | undefined;
  readonly folder: string;
  readonly name: string;
  readonly passphrase: string;
}): Promise<PublicKeyFile> {
  const { pem, source, sourcePassphrase, folder, name, passphrase } = wanted;
  if (passphrase === '')
    throw new KeyError('KEY_PASSPHRASE_MISSING', `the keys in ${folder} need a passphrase: PRATIQUE_KEY_PASSPHRASE`);
  if (isEncryptedKey(pem) && sourcePassphrase === undefined)
    throw new KeyError('KEY_PASSPHRASE_MISSING', `${source} is encrypted: give its passphrase in COSIGN_PASSWORD`);
  const key = isEncryptedKey(pem) ? await decryptKey(pem, sourcePassphrase ?? '', source) : parsePlainKey(pem, source);
  return writeKey(folder, name, key, await encryptKey(key, passphrase));
}
