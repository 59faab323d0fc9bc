/** The flags that say whose evidence counts, as cosign names them, and the verifier they ask for. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createBundleVerifier, type SigstoreVerifier } from '../../adapters/sigstore/bundle-verifier.ts';
import type { TrustedKeys } from '../../domain/trust/evidence.ts';
import { type IdentityPattern, parseIdentityPattern } from '../../domain/trust/identity-pattern.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { readVerificationKey } from './signing-key.ts';
import { addTufOptions, readTrustedRoot, type TrustedRootOptions } from './tuf-options.ts';

export interface SignerOptions extends TrustedRootOptions {
  readonly key?: readonly string[];
  readonly certificateIdentity?: string;
  readonly certificateIdentityRegexp?: string;
  readonly certificateOidcIssuer?: string;
  readonly certificateOidcIssuerRegexp?: string;
  readonly tlogThreshold?: number;
  readonly timestampThreshold?: number;
  readonly insecureIgnoreSct?: boolean;
}

export interface TrustedSigners {
  readonly verifier: SigstoreVerifier;
  readonly trusted: TrustedKeys;
  readonly certificate: IdentityPattern | undefined;
}

function parseCount(text: string): number {
  if (/^[0-9]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a number from 0 to 9.');
}

/** Declares the flags `readTrustedSigners` reads. */
export function addSignerOptions(command: Command): Command {
  const options: [flags: string, description: string][] = [
    ['--trusted-root <file>', 'Sigstore trusted root, for evidence signed with a certificate'],
    ['--certificate-identity <identity>', 'the subject a certificate must have, exactly'],
    ['--certificate-identity-regexp <regexp>', 'the subject a certificate must have, as ^…$'],
    ['--certificate-oidc-issuer <url>', 'the issuer a certificate must name, exactly'],
    ['--certificate-oidc-issuer-regexp <regexp>', 'the issuer a certificate must name, as ^…$'],
  ];
  command.addOption(
    new Option(
      '--key <key>',
      'public key of a trusted signer (PEM, or a reference as sign has it); repeatable',
    ).argParser((file, files: readonly string[] | undefined) => [...(files ?? []), file]),
  );
  for (const [flags, description] of options) command.addOption(new Option(flags, description));
  return addTufOptions(command)
    .addOption(
      new Option(
        '--tlog-threshold <count>',
        'log entries a certificate needs (default: 1 where the trusted root has a log)',
      ).argParser(parseCount),
    )
    .addOption(
      new Option(
        '--timestamp-threshold <count>',
        'proofs of time a certificate needs (default: 1, and never 0)',
      ).argParser(parseCount),
    )
    .addOption(
      new Option(
        '--insecure-ignore-sct',
        'accept certificates that are in no certificate log, where the trusted root has one',
      ),
    );
}

/** Throws a CliError where the options name nobody, a PatternError for identities that would match too many. */
export async function readTrustedSigners(options: SignerOptions, io: CliIo): Promise<TrustedSigners> {
  const keys = await Promise.all((options.key ?? []).map((file) => readVerificationKey(file, io)));
  const certificate = parseIdentityPattern(options);
  if (certificate !== undefined && options.trustedRoot === undefined && options.tufMirror === undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      'a certificate is checked against a Sigstore: name its trusted root with --trusted-root, or where it is kept with --tuf-mirror',
    );
  if (keys.length === 0 && certificate === undefined)
    throw new CliError(
      exitCodes.usage,
      'SIGNER_NOT_NAMED',
      'say whose evidence counts: --key FILE, or --trusted-root with --certificate-identity and --certificate-oidc-issuer',
    );
  const root = await readTrustedRoot(options, io);
  const verifier = createBundleVerifier(root, {
    logEntries: options.tlogThreshold,
    timestamps: options.timestampThreshold,
    certificateLogs: options.insecureIgnoreSct === true ? 0 : undefined,
  });
  return { verifier, trusted: { keys }, certificate };
}
