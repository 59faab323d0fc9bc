import type { Signer } from '../../domain/trust/signer.ts';
import { KeyError } from '../sigstore/key-error.ts';
import { readLocalSigner } from '../sigstore/local-signer.ts';
import { awsKmsKey } from './aws-kms-key.ts';
import { azureKeyVaultKey } from './azure-key-vault-key.ts';
import { environmentKey } from './environment-key.ts';
import { gcpKmsKey } from './gcp-kms-key.ts';
import type { KeyContext, KeyProvider } from './key-provider.ts';
import { pkcs11Key } from './pkcs11-key.ts';
import { vaultKey } from './vault-key.ts';

/** Where keys may be kept besides files. Another place is a file in this folder, and a line here. */
const keyProviders: readonly KeyProvider[] = [
  environmentKey,
  pkcs11Key,
  awsKmsKey,
  gcpKmsKey,
  azureKeyVaultKey,
  vaultKey,
];

/** Whether `--key` names a key of one of the providers, and no file. */
export function isKeyReference(reference: string): boolean {
  return keyProviders.some(({ prefix }) => reference.startsWith(prefix));
}

/** `--key`: a reference to one of the providers, else a file in PEM or cosign's encrypted format. Throws a KeyError. */
export async function openSigner(reference: string, context: KeyContext): Promise<Signer> {
  const provider = keyProviders.find(({ prefix }) => reference.startsWith(prefix));
  if (provider !== undefined) return provider.open(reference, context);
  if (/^[a-z0-9]+:\/\//.test(reference))
    throw new KeyError(
      'KEY_UNSUPPORTED',
      `${reference}: keys are read from files, ${keyProviders.map(({ prefix }) => prefix).join(', ')}`,
    );
  return readLocalSigner(await context.readFile(reference), reference, context.passphrase);
}
