import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parsePublicKey } from '../../adapters/sigstore/key-id.ts';
import { readLocalSigner } from '../../adapters/sigstore/local-signer.ts';
import type { Signer } from '../../domain/trust/signer.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

/** `--key` of `sign` and `attest`: a PEM file or cosign's encrypted key file, opened with the passphrase of the environment. */
export async function openSigningKey(file: string, io: CliIo): Promise<Signer> {
  return readLocalSigner(
    (await readUserFile(file, io)).toString('utf8'),
    file,
    async () => io.env.PRATIQUE_KEY_PASSPHRASE ?? io.env.COSIGN_PASSWORD,
  );
}

/** `--key` of `verify`: a public key in PEM. A KeyError says what else the file may be. */
export async function readVerificationKey(file: string, io: CliIo): Promise<string> {
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
