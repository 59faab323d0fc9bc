/** `--post-quantum-key`: the same bytes signed once more, by a key that a quantum computer does not break. */
import { createPublicKey } from 'node:crypto';
import { type Command, Option } from 'commander';
import { createBundleSigner, signMessage } from '../../adapters/sigstore/bundle-signer.ts';
import type { WitnessedSigner } from '../../adapters/sigstore/keyless/witnessed-signer.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { openSigningKey } from './signing-key.ts';

export interface DualSigningOptions {
  readonly postQuantumKey?: string;
  readonly postQuantumBundle?: string;
}

/** What --post-quantum-bundle is without a key to sign: a variable that stands for other commands is passed over. */
function refuseKeyless(command: Command): void {
  const source = command.getOptionValueSource('postQuantumBundle');
  if (source === 'cli')
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      '--post-quantum-bundle is where the second signature goes: name the key that makes it with --post-quantum-key',
    );
}

export function addDualSigningOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--post-quantum-key <key>',
        'private key of ML-DSA-65 that signs the same once more, into a bundle of its own',
      ).env('PRATIQUE_POST_QUANTUM_KEY'),
    )
    .addOption(
      new Option('--post-quantum-bundle <file>', 'write that bundle here').env('PRATIQUE_POST_QUANTUM_BUNDLE'),
    );
}

/** Undefined where none was asked for. Throws a CliError for a key of another kind, or where its bundle would have no place. */
export async function openPostQuantumSigner(
  command: Command,
  isAttached: boolean,
  io: CliIo,
): Promise<WitnessedSigner | undefined> {
  const { postQuantumKey: key, postQuantumBundle } = command.opts<DualSigningOptions>();
  if (key === undefined) {
    refuseKeyless(command);
    return undefined;
  }
  const signer = await openSigningKey(key, io);
  if (createPublicKey(signer.publicKeyPem).asymmetricKeyType !== 'ml-dsa-65')
    throw new CliError(
      exitCodes.usage,
      'KEY_UNSUPPORTED',
      `${key}: the post-quantum key is of another kind than ML-DSA-65`,
      {
        hint: 'openssl genpkey -algorithm ML-DSA-65 -out pq.key (OpenSSL 3.5)',
      },
    );
  if (!isAttached && postQuantumBundle === undefined)
    throw new CliError(
      exitCodes.usage,
      'BUNDLE_NOT_NAMED',
      'say with --post-quantum-bundle where the second signature goes: a bundle holds one',
    );
  return {
    signStatement: (statement) => createBundleSigner().sign(statement, signer),
    signFile: (file) => signMessage(file, signer),
  };
}
