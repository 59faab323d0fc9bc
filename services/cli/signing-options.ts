/** The flags that say who signs, as cosign names them, and the signer they ask for. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { createBundleSigner, signMessage } from '../../adapters/sigstore/bundle-signer.ts';
import type { WitnessedSigner } from '../../adapters/sigstore/keyless/witnessed-signer.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { openSigningKey, readUserFile } from './signing-key.ts';
import { addTufOptions, readMirroredSigningConfig, readTrustedRoot, type TrustedRootOptions } from './tuf-options.ts';

export interface SigningOptions extends TrustedRootOptions {
  readonly key?: string;
  readonly identityToken?: string;
  readonly signingConfig?: string;
}

export function addSigningOptions(command: Command): Command {
  const options: [flags: string, description: string][] = [
    [
      '--key <key>',
      'private key: a file (PEM, or as cosign encrypts it), env://, pkcs11:, awskms://, gcpkms://, azurekms:// or hashivault://',
    ],
    ['--signing-config <file>', 'Sigstore signing config: who certifies, logs and timestamps'],
    [
      '--identity-token <token>',
      'without --key: who signs, as a token or a file with one (default: what the CI offers)',
    ],
    ['--trusted-root <file>', 'Sigstore trusted root the result must verify under before it is called signed'],
  ];
  for (const [flags, description] of options) command.addOption(new Option(flags, description));
  return addTufOptions(command);
}

/**
 * With a key and no signing config nobody is asked to witness, and with a key nobody to certify: who says where that is done would
 * take the signature for more than it is. Variables, which stand for other commands too, are passed over.
 */
function refuseUnused(command: Command, { key, signingConfig }: SigningOptions): void {
  if (key === undefined) return;
  const isGiven = (name: keyof SigningOptions) => command.getOptionValueSource(name) === 'cli';
  if (isGiven('identityToken'))
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_CONFLICT',
      '--identity-token says who signs without a key: leave out --key, or the token',
    );
  const unused = isGiven('trustedRoot') ? '--trusted-root' : isGiven('tufMirror') ? '--tuf-mirror' : undefined;
  if (unused !== undefined && signingConfig === undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      `${unused} is for what a log or a timestamp authority witnessed: name them with --signing-config, or leave it out`,
    );
}

/** Throws a CliError where the options name nobody, else what the key or the signing config throws. */
export async function openWitnessedSigner(
  command: Command,
  options: SigningOptions,
  io: CliIo,
): Promise<WitnessedSigner> {
  refuseUnused(command, options);
  const { key, signingConfig } = options;
  if (signingConfig === undefined && (key !== undefined || options.tufMirror === undefined)) {
    if (key === undefined)
      throw new CliError(
        exitCodes.usage,
        'SIGNER_NOT_NAMED',
        'say who signs: --key, or --signing-config (or --tuf-mirror) with an identity token',
      );
    const signer = await openSigningKey(key, io);
    return {
      signStatement: (statement) => createBundleSigner().sign(statement, signer),
      signFile: (file) => signMessage(file, signer),
    };
  }
  // Its HTTP client takes long to load.
  const { parseSigningConfig } = await import('../../adapters/sigstore/keyless/signing-config.ts');
  const { createWitnessedSigner } = await import('../../adapters/sigstore/keyless/witnessed-signer.ts');
  const { readIdentityToken } = await import('../../adapters/sigstore/keyless/identity-token.ts');
  const now = io.now?.() ?? new Date();
  const config =
    signingConfig === undefined ? await readMirroredSigningConfig(options, io) : await readUserFile(signingConfig, io);
  const endpoints = parseSigningConfig(config ?? new Uint8Array(), signingConfig ?? `${options.tufMirror}`, now);
  const trustRoot = await readTrustedRoot(options, io);
  if (key !== undefined)
    return createWitnessedSigner({
      endpoints,
      trustRoot,
      source: { kind: 'key', signer: await openSigningKey(key, io) },
    });
  const surroundings = {
    env: io.env,
    readFile: (file: string) => readFile(path.resolve(io.cwd, file), 'utf8'),
    now: () => now,
  };
  const token = await readIdentityToken(options.identityToken, surroundings);
  return createWitnessedSigner({ endpoints, trustRoot, source: { kind: 'identity', token: async () => token } });
}
