import { type Command, Option } from 'commander';
import { parsePredicateName, predicateNames } from '../../../domain/trust/predicate-name.ts';
import { predicateTypes } from '../../../domain/trust/statement.ts';
import { type AttestedDocument, createAttestedStatement } from '../attested-statement.ts';
import { CliError } from '../cli-error.ts';
import { addDualSigningOptions, type DualSigningOptions, openPostQuantumSigner } from '../dual-signing.ts';
import { eachPlatform } from '../each-platform.ts';
import { openSigningTarget } from '../evidence-target.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { publishBundle, requireBundleFile } from '../publish-bundle.ts';
import { readUserFile } from '../signing-key.ts';
import { addSigningOptions, openWitnessedSigner, type SigningOptions } from '../signing-options.ts';
import { asTrustFailure } from '../trust-failure.ts';
import type { Verb } from '../verb.ts';

interface AttestOptions extends SigningOptions, DualSigningOptions {
  readonly recursive?: boolean;
  readonly predicate: string;
  readonly type: string;
  readonly bundle?: string;
}

const HELP = `
The passphrase of an encrypted key is read from PRATIQUE_KEY_PASSPHRASE or COSIGN_PASSWORD.
An image in an OCI layout (a folder, with :tag or @sha256:… where it holds several) is signed by its digest, into --bundle.
An SBOM that is too long for a statement (over 23 MiB) is attached to its image as it is, and signed by its digest: "verify" fetches it.
A test result (--type test-result) is made from JUnit XML, or is given as JSON: FAILED where a test failed, WARNED where one was
skipped; a report without tests is refused.
Who signs without --key, and what happens where a log does not answer: "pratique sign --help".

Examples:
  pratique attest localhost:5000/shop:1.0 --key cosign.key --type cyclonedx --predicate bom.json
  pratique attest localhost:5000/shop:1.0 --key cosign.key --type test-result --predicate junit.xml
  pratique attest shop.tar.gz --key cosign.key --type https://example.com/review/v1 --predicate review.json --bundle review.sigstore.json`;

/** `-` is standard input, as cosign has it. */
async function readPredicate(named: string, predicateType: string, io: CliIo): Promise<AttestedDocument> {
  const [file, bytes] =
    named === '-' ? ['stdin', Buffer.concat(await Array.fromAsync(io.in))] : [named, await readUserFile(named, io)];
  const text = bytes.toString('utf8');
  if (predicateType === predicateTypes.testResult)
    return { file, predicateType, bytes: undefined, predicate: await readTestResult(text, file) };
  const predicate = parse(text);
  if (predicate !== undefined) return { file, predicateType, bytes, predicate };
  throw new CliError(exitCodes.usage, 'PREDICATE_INVALID', `${file}: the predicate must be a JSON document`);
}

/** Undefined where it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JUnit XML, or the predicate itself. */
async function readTestResult(text: string, file: string): Promise<unknown> {
  const { readJunit, TestReportError, testResultSchema } = await import('../../../domain/trust/test-result.ts');
  try {
    if (text.trimStart().startsWith('<')) return readJunit(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (!(error instanceof TestReportError)) throw error;
    throw new CliError(exitCodes.usage, error.code, `${file}: ${error.message}`, { cause: error });
  }
  const value = parse(text);
  if (testResultSchema.safeParse(value).success) return value;
  throw new CliError(
    exitCodes.usage,
    'PREDICATE_INVALID',
    `${file}: neither JUnit XML nor a test result: JSON with "result" (PASSED, WARNED or FAILED) and "configuration" (a list)`,
  );
}

async function attest(argument: string, command: Command, io: CliIo): Promise<void> {
  const options = command.opts<AttestOptions>();
  const predicateType = parsePredicateName(options.type);
  if (predicateType === undefined)
    throw new CliError(
      exitCodes.usage,
      'TYPE_UNKNOWN',
      `--type ${options.type}: not a URI and none of ${predicateNames.join(', ')}`,
    );
  const document = await readPredicate(options.predicate, predicateType, io);
  const signer = await openWitnessedSigner(command, options, io);
  const target = await openSigningTarget(argument, io);
  await requireBundleFile(target, options, io);
  const second = await openPostQuantumSigner(command, target.kind === 'image', io);
  for (const each of options.recursive === true ? await eachPlatform(target) : [target]) {
    const statement = await createAttestedStatement(each, document, io);
    const bundle = await signer.signStatement(statement);
    // One file holds one bundle: that of the image which was named.
    const isNamed = each.digest === target.digest;
    await publishBundle(each, bundle, statement.predicateType, isNamed ? options.bundle : undefined, io);
    if (second === undefined) continue;
    const file = isNamed ? options.postQuantumBundle : undefined;
    await publishBundle(each, await second.signStatement(statement), statement.predicateType, file, io);
  }
}

/** `pratique attest`: a signed in-toto statement about an image or a file. */
export const verb: Verb = {
  define(command, { io, done }) {
    addDualSigningOptions(addSigningOptions(command))
      .argument('<target>', 'an image with its registry, an OCI layout, a file or a folder')
      .addOption(
        new Option('--predicate <file>', 'the document to sign (- is stdin), JSON; of a test result also JUnit XML')
          .env('PRATIQUE_PREDICATE')
          .makeOptionMandatory(),
      )
      .addOption(
        new Option('--type <type>', `predicate type: ${predicateNames.join('|')} or a URI`)
          .env('PRATIQUE_TYPE')
          .makeOptionMandatory(),
      )
      .addOption(new Option('--bundle <file>', 'write the Sigstore bundle here').env('PRATIQUE_BUNDLE'))
      .addOption(new Option('-r, --recursive', 'of an index every platform, then the index').env('PRATIQUE_RECURSIVE'))
      .addHelpText('after', HELP)
      .action(async (target: string, _: AttestOptions, self: Command) => {
        try {
          await attest(target, self, io);
          done(exitCodes.pass);
        } catch (error) {
          throw asTrustFailure(error);
        }
      });
  },
};
