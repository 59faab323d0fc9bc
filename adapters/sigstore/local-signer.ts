import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Signer } from '../../domain/trust/signer.ts';
import { decryptKey, isEncryptedKey } from './encrypted-key.ts';
import { KeyError } from './key-error.ts';
import { keyIdOf } from './key-id.ts';
import { signingSchemeOf, withPadding } from './signing-scheme.ts';

/** A Signer on a private key in memory. Throws KEY_UNSUPPORTED for keys nobody should sign with. */
export function createLocalSigner(privateKey: KeyObject, source: string): Signer {
  const scheme = signingSchemeOf(privateKey, source);
  const publicKey = createPublicKey(privateKey);
  const key = withPadding(privateKey, scheme);
  return {
    keyId: keyIdOf(publicKey),
    publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    sign: async (data) => sign(scheme.hash, data, key),
  };
}

/**
 * A Signer from the text of a key file: PEM (PKCS#8, SEC1), encrypted or not, or cosign's encrypted format.
 * `passphrase` is asked for encrypted files only. Throws a KeyError that names `source`.
 */
export async function readLocalSigner(
  pem: string,
  source: string,
  passphrase: () => Promise<string | undefined>,
): Promise<Signer> {
  if (!isEncryptedKey(pem)) return createLocalSigner(parsePlainKey(pem, source), source);
  const secret = await passphrase();
  if (secret === undefined)
    throw new KeyError(
      'KEY_PASSPHRASE_MISSING',
      `${source} is encrypted: give its passphrase in PRATIQUE_KEY_PASSPHRASE`,
    );
  return createLocalSigner(await decryptKey(pem, secret, source), source);
}

/** A private key in PEM that is not encrypted. Throws KEY_MALFORMED, which names `source`. */
export function parsePlainKey(pem: string, source: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    // OpenSSL's message would quote what it could not read.
    throw new KeyError(
      'KEY_MALFORMED',
      `${source}: no private key in PEM (PKCS#8, SEC1) or in cosign's encrypted format`,
    );
  }
}
