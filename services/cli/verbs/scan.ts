import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { AdvisoryDatabase } from '../../../domain/advisory/database.ts';
import { severities } from '../../../domain/advisory/finding.ts';
import { scanComponents } from '../../../domain/advisory/scan-components.ts';
import { platformName } from '../../../domain/artifact/descriptor.ts';
import { CliError } from '../cli-error.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { openAdvisories } from '../open-advisories.ts';
import { isScanFormat, type ScanFormat, scanFormats } from '../scan-output/formats.ts';
import type { ScannedPlatform, ScanReport } from '../scan-output/scan-report.ts';
import { openSource } from '../source.ts';
import { toolVersion } from '../tool-version.ts';
import type { Verb } from '../verb.ts';
import { warnIncomplete } from '../warn-incomplete.ts';

interface ScanOptions {
  readonly advisories?: string;
  readonly failOn?: (typeof thresholds)[number];
  readonly output?: readonly Output[];
  readonly json?: boolean;
  readonly platform?: string;
}

interface Output {
  readonly format: ScanFormat;
  /** Standard output where absent. */
  readonly file: string | undefined;
}

const HELP = `
Advisories are those of --advisories, else of the last "pratique advisories sync", else the seed of this release.
Exit code 0 when nothing is at or above --fail-on (or without it), 1 when something is, 2 for usage, 3 when the source
or the advisories can not be read, the stock is incomplete, or with --fail-on an advisory could not be decided.

Examples:
  pratique scan .
  pratique scan localhost:5000/dev/shop:1.0 --fail-on high
  pratique scan shop.cdx.json -o table -o sarif=scan.sarif -o junit=scan.xml`;

const thresholds = severities.filter((severity) => severity !== 'none');

/** `table`, `sarif=scan.sarif`, several of them apart by commas. */
function collectOutputs(text: string, before: readonly Output[] | undefined): Output[] {
  const outputs = text.split(',').map((one): Output => {
    const equals = one.indexOf('=');
    const name = equals < 0 ? one : one.slice(0, equals);
    const file = equals < 0 ? undefined : one.slice(equals + 1);
    if (!isScanFormat(name))
      throw new InvalidArgumentError(`"${name}" is none of ${Object.keys(scanFormats).join(', ')}.`);
    if (file === '') throw new InvalidArgumentError(`"${one}" names no file after "=".`);
    return { format: name, file };
  });
  return [...(before ?? []), ...outputs];
}

function chooseOutputs({ output = [], json }: ScanOptions): readonly Output[] {
  const wanted: readonly Output[] = json === true ? [...output, { format: 'json', file: undefined }] : output;
  if (wanted.filter(({ file }) => file === undefined).length > 1)
    throw new CliError(exitCodes.usage, 'OUTPUT_TWICE', 'two reports can not both go to stdout', {
      hint: 'Give files to all but one: -o sarif=scan.sarif',
    });
  return wanted.length > 0 ? wanted : [{ format: 'table', file: undefined }];
}

async function scanSource(
  target: string,
  database: AdvisoryDatabase,
  { options, io }: { readonly options: ScanOptions; readonly io: CliIo },
): Promise<ScanReport> {
  const source = await openSource(target, { io, platform: options.platform });
  const platforms: ScannedPlatform[] = [];
  for (const stock of await source.stock())
    platforms.push({
      platform: stock.platform === undefined ? undefined : platformName(stock.platform),
      source: stock,
      result: await scanComponents(stock.stock.components, database),
    });
  const scannedAt = (io.now?.() ?? new Date()).toISOString();
  return { target, describe: source.describe, platforms, toolVersion, scannedAt };
}

async function writeOutputs(report: ScanReport, outputs: readonly Output[], io: CliIo): Promise<void> {
  for (const { format, file } of outputs) {
    const text = (await scanFormats[format]())(report);
    if (file === undefined) io.out.write(text);
    else
      await writeFile(path.resolve(io.cwd, file), text).catch((cause: unknown) => {
        throw new CliError(exitCodes.infrastructure, 'OUTPUT_UNWRITABLE', `${file} can not be written`, { cause });
      });
  }
}

/** What is bad counts before what is not known; what is not known is never clean. */
function judge({ describe, platforms }: ScanReport, threshold: ScanOptions['failOn'], io: CliIo): ExitCode {
  const findings = platforms.flatMap(({ result }) => result.findings);
  const incomplete = platforms.filter(({ source }) => !source.stock.complete);
  for (const { source } of incomplete) warnIncomplete(describe, source.stock, io);
  const least = threshold === undefined ? Number.POSITIVE_INFINITY : severities.indexOf(threshold);
  if (findings.some(({ severity }) => severity !== 'unknown' && severities.indexOf(severity) >= least))
    return exitCodes.fail;
  if (platforms.length === 0 || incomplete.length > 0) return exitCodes.infrastructure;
  if (threshold === undefined) return exitCodes.pass;
  const unclear = platforms.flatMap(({ result }) => result.undecided.filter(({ advisory }) => advisory !== undefined));
  const unrated = findings.filter(({ severity }) => severity === 'unknown');
  if (unclear.length + unrated.length === 0) return exitCodes.pass;
  io.err.write(
    `pratique: ${unclear.length} matches could not be decided, ${unrated.length} findings have no severity\n`,
  );
  return exitCodes.infrastructure;
}

async function scan(target: string, options: ScanOptions, io: CliIo): Promise<ExitCode> {
  const outputs = chooseOutputs(options);
  const { index, kind, describe } = await openAdvisories(io, options.advisories);
  using _ = index;
  io.err.write(`advisories: ${describe}\n`);
  if (kind === 'seed') io.err.write('  pratique advisories sync --from brings in a whole feed\n');
  const report = await scanSource(target, index, { options, io });
  await writeOutputs(report, outputs, io);
  return judge(report, options.failOn, io);
}

/** `pratique scan`: matches the components of a source against advisories, without a server. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .argument('<source>', 'an image with its registry, a folder, an archive, a lockfile, or an SBOM')
      .addOption(new Option('--advisories <dir>', 'records in the OSV format: a folder, or a zip'))
      .addOption(new Option('--fail-on <severity>', 'end with 1 at or above').choices(thresholds))
      .addOption(
        new Option(
          '-o, --output <format[=path]>',
          `one of ${Object.keys(scanFormats).join(', ')}; repeatable`,
        ).argParser(collectOutputs),
      )
      .addOption(new Option('--platform <os/arch>', 'of a multi-platform image, or "all"'))
      .addOption(new Option('--json', 'the same as -o json, and errors as JSON'))
      .addHelpText('after', HELP)
      .action(async (source: string, options: ScanOptions) => done(await scan(source, options, io)));
  },
};
