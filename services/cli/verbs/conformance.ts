import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { sha256 } from '../../../adapters/oci/digest-of.ts';
import { parseJson } from '../../../adapters/sigstore/open-bundle.ts';
import { type Digest, digestHex, isDigest } from '../../../domain/artifact/digest.ts';
import type { TrustedKeys } from '../../../domain/trust/evidence.ts';
import { type Statement, statementSchema } from '../../../domain/trust/statement.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { refuseSigner } from '../judge-evidence.ts';
import { addSignerOptions, readTrustedSigners, type SignerOptions } from '../signer-options.ts';
import { readUserFile } from '../signing-key.ts';
import { addSigningOptions, openWitnessedSigner, type SigningOptions } from '../signing-options.ts';
import { asTrustFailure } from '../trust-failure.ts';
import type { Verb } from '../verb.ts';

const HELP = `
The client protocol of sigstore-conformance (docs/cli_protocol.md there): exit code 0 where the bundle verifies, 1 where it does not.

Examples:
  pratique conformance verify-bundle --bundle a.sigstore.json --trusted-root trusted_root.json \\
    --certificate-identity ci@example.com --certificate-oidc-issuer https://issuer.example a.txt`;

interface BundleOptions extends SignerOptions {
  readonly bundle: string;
}

interface Subject {
  readonly digest: Digest;
  /** Undefined where only the digest is known. */
  readonly bytes: Uint8Array | undefined;
}

/** "If any of those conditions are not met, the input should be interpreted as a filepath instead." */
async function readSubject(argument: string, io: CliIo): Promise<Subject> {
  const bytes = await readFile(path.resolve(io.cwd, argument)).catch(() => undefined);
  if (bytes === undefined && isDigest(argument)) return { digest: argument, bytes: undefined };
  const file = bytes ?? (await readUserFile(argument, io));
  return { digest: sha256(file), bytes: file };
}

async function verifyBundle(argument: string, options: BundleOptions, io: CliIo): Promise<boolean> {
  const { verifier, trusted, certificate } = await readTrustedSigners(options, io);
  const subject = await readSubject(argument, io);
  const bundle = await readUserFile(options.bundle, io);
  const result = await verifyEither(bundle, subject, verifier, trusted);
  const problem = result.outcome === 'rejected' ? result : refuseSigner(result.identity, certificate);
  if (problem === undefined) return true;
  io.err.write(`${problem.code}: ${problem.reason}\n`);
  return false;
}

async function verifyEither(
  bundle: Uint8Array,
  { digest, bytes }: Subject,
  verifier: Awaited<ReturnType<typeof readTrustedSigners>>['verifier'],
  trusted: TrustedKeys,
) {
  const statement = await verifier.verify(bundle, digest, trusted);
  if (statement.outcome === 'verified' || statement.code !== 'BUNDLE_UNSUPPORTED') return statement;
  return bytes === undefined
    ? verifier.verifyMessageDigest(bundle, Buffer.from(digestHex(digest), 'hex'), trusted)
    : verifier.verifyMessage(bundle, bytes, trusted);
}

interface SignBundleOptions extends SigningOptions {
  readonly bundle: string;
  readonly inToto?: boolean;
}

async function signBundle(file: string, command: Command, io: CliIo): Promise<void> {
  const options = command.opts<SignBundleOptions>();
  const signer = await openWitnessedSigner(command, options, io);
  const bytes = await readUserFile(file, io);
  const bundle =
    options.inToto === true ? await signer.signStatement(readStatement(bytes, file)) : await signer.signFile(bytes);
  await writeFile(path.resolve(io.cwd, options.bundle), bundle);
}

function readStatement(bytes: Uint8Array, file: string): Statement {
  const parsed = statementSchema.safeParse(parseJson(bytes)?.value);
  if (parsed.success) return parsed.data;
  throw new CliError(exitCodes.usage, 'PREDICATE_INVALID', `${file}: not an in-toto statement`);
}

/** `pratique conformance`: how sigstore's own test suite drives this client. */
export const verb: Verb = {
  define(command, { io, done }) {
    command.addHelpText('after', HELP);
    addSignerOptions(command.command('verify-bundle'))
      .description('verify one bundle about a file')
      .argument('<file-or-digest>', 'the file that was signed, or sha256:… of the subject of a statement')
      .addOption(new Option('--bundle <file>', 'the Sigstore bundle').makeOptionMandatory())
      .action(async (subject: string, options: BundleOptions) => {
        try {
          done((await verifyBundle(subject, options, io)) ? exitCodes.pass : exitCodes.fail);
        } catch (error) {
          throw asTrustFailure(error);
        }
      });
    addSigningOptions(command.command('sign-bundle'))
      .description('sign one file, or a statement, into a bundle')
      .argument('<file>', 'the file to sign')
      .addOption(new Option('--bundle <file>', 'where the Sigstore bundle goes').makeOptionMandatory())
      .addOption(new Option('--in-toto', 'the file is an in-toto statement'))
      .action(async (file: string, _: SignBundleOptions, self: Command) => {
        try {
          await signBundle(file, self, io);
          done(exitCodes.pass);
        } catch (error) {
          throw asTrustFailure(error);
        }
      });
  },
};
