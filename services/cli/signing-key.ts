import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parsePublicKey } from '../../adapters/sigstore/key-id.ts';
import type { Signer } from '../../domain/trust/signer.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

/** `--key` of `sign` and `attest`: a file, opened with the passphrase of the environment, or a key something else holds. */
export async function openSigningKey(reference: string, io: CliIo): Promise<Signer> {
  const { openSigner } = await import('../../adapters/keys/open-signer.ts');
  return openSigner(reference, {
    env: io.env,
    readFile: async (file) => (await readUserFile(file, io)).toString('utf8'),
    passphrase: async () => keyPassphrase(io),
  });
}

/** Of an encrypted key: ours, else cosign's, whose keys may have an empty one. Undefined where neither variable is set. */
export function keyPassphrase({ env }: CliIo): string | undefined {
  return env.PRATIQUE_KEY_PASSPHRASE || (env.COSIGN_PASSWORD ?? env.PRATIQUE_KEY_PASSPHRASE);
}

/** `--key` of `verify`: a public key in PEM, or a key something else holds. A KeyError says what else the file may be. */
export async function readVerificationKey(file: string, io: CliIo): Promise<string> {
  // What knows the places keys are kept in takes longer to load than a file to read.
  if (/^[a-z0-9]+:/.test(file)) {
    const { isKeyReference } = await import('../../adapters/keys/open-signer.ts');
    // An address of a place that is not known is answered with those that are.
    if (isKeyReference(file) || file.includes('://')) return (await openSigningKey(file, io)).publicKeyPem;
  }
  const pem = (await readUserFile(file, io)).toString('utf8');
  parsePublicKey(pem, file);
  return pem;
}

/** A file the user named, relative to where the command runs. Throws a CliError where it cannot be read. */
export async function readUserFile(file: string, io: CliIo): Promise<Buffer> {
  try {
    return await readFile(path.resolve(io.cwd, file));
  } catch (cause) {
    throw new CliError(exitCodes.usage, 'FILE_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
