import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { toSeconds } from '../../../adapters/sbom/sbom-publisher.ts';
import { writeCycloneDx } from '../../../adapters/sbom/write-cyclonedx.ts';
import { writeSpdx } from '../../../adapters/sbom/write-spdx.ts';
import { platformName } from '../../../domain/artifact/descriptor.ts';
import type { SbomDocument } from '../../../domain/sbom/document.ts';
import { CliError } from '../cli-error.ts';
import { formatComponentTable } from '../component-table.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { openSource, type SourceStock } from '../source.ts';
import { toolVersion } from '../tool-version.ts';
import type { Verb } from '../verb.ts';
import { warnIncomplete } from '../warn-incomplete.ts';

const formats = ['cyclonedx-json', 'spdx-json', 'table', 'json'] as const;
type Format = (typeof formats)[number];

interface Output {
  readonly format: Format;
  /** Absent: stdout. */
  readonly file: string | undefined;
}

interface SbomOptions {
  readonly output?: readonly Output[];
  readonly platform?: string;
  readonly json?: boolean;
}

const HELP = `
Without -o, a table on a terminal, and cyclonedx-json elsewhere. Several -o write several documents of one stock;
one of them may go to stdout. PRATIQUE_OUTPUT takes several apart by commas. The time in a document is that of
SOURCE_DATE_EPOCH, else of the image, else now.

Exit code 0 when everything was read, 3 when the source can not be read or parts of it could not be: the documents
are written then, and say that they are incomplete.

Examples:
  pratique sbom .
  pratique sbom localhost:5000/shop:1.0 -o cyclonedx-json=shop.cdx.json -o spdx-json=shop.spdx.json
  pratique sbom registry.example.com/shop@sha256:... --platform linux/arm64 -o json
  pratique sbom shop.cdx.json -o spdx-json`;

/** `pratique sbom`: what an image, a folder, an archive or an SBOM consists of. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .argument('<source>', 'an image with its registry, a folder, an archive, a lockfile, or an SBOM')
      .addOption(
        new Option('-o, --output <format[=path]>', `one of ${formats.join(', ')}; repeatable`)
          .argParser(collectOutput)
          .env('PRATIQUE_OUTPUT'),
      )
      .addOption(new Option('--platform <os/arch>', 'of a multi-platform image').env('PRATIQUE_PLATFORM'))
      .addOption(new Option('--json', 'the same as -o json, and errors as JSON').env('PRATIQUE_JSON'))
      .addHelpText('after', HELP)
      .action(async (argument: string, options: SbomOptions) => {
        const outputs = chooseOutputs(options, io);
        const source = await openSource(argument, { io, platform: options.platform });
        const stocks = await source.stock();
        const [taken] = stocks;
        if (taken === undefined || stocks.length > 1)
          throw new CliError(exitCodes.usage, 'PLATFORM_REQUIRED', `${argument}: one document is about one platform`, {
            hint: `--platform ${stocks.map(({ platform }) => (platform === undefined ? '' : platformName(platform))).join(' | ')}`,
          });
        for (const output of outputs) await write(output, taken, io);
        warnIncomplete(source.describe, taken.stock, io);
        done(taken.stock.complete ? exitCodes.pass : exitCodes.infrastructure);
      });
  },
};

function collectOutput(text: string, before: readonly Output[] | undefined): Output[] {
  return [...(before ?? []), ...text.split(',').map((one) => parseOutput(one))];
}

function parseOutput(text: string): Output {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  const format = formats.find((known) => known === name);
  const file = equals === -1 ? undefined : text.slice(equals + 1);
  if (format === undefined) throw new InvalidArgumentError(`"${name}" is none of ${formats.join(', ')}.`);
  if (file === '') throw new InvalidArgumentError(`"${text}" names no file after "=".`);
  return { format, file };
}

function chooseOutputs({ output = [], json }: SbomOptions, io: CliIo): readonly Output[] {
  const wanted: readonly Output[] = json === true ? [...output, { format: 'json', file: undefined }] : output;
  if (wanted.filter(({ file }) => file === undefined).length > 1)
    throw new CliError(exitCodes.usage, 'OUTPUT_TWICE', 'two documents can not both go to stdout', {
      hint: 'Give files to all but one: -o cyclonedx-json=shop.cdx.json',
    });
  if (wanted.length > 0) return wanted;
  return [{ format: io.out.isTTY === true ? 'table' : 'cyclonedx-json', file: undefined }];
}

async function write({ format, file }: Output, taken: SourceStock, io: CliIo): Promise<void> {
  const text = render(format, taken, io);
  if (file === undefined) {
    io.out.write(text);
    return;
  }
  try {
    await writeFile(path.resolve(io.cwd, file), text);
  } catch (cause) {
    throw new CliError(exitCodes.infrastructure, 'OUTPUT_UNWRITABLE', `${file} can not be written`, { cause });
  }
}

function render(format: Format, taken: SourceStock, io: CliIo): string {
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  switch (format) {
    case 'cyclonedx-json':
      return decode(writeCycloneDx(toDocument(taken, io)));
    case 'spdx-json':
      return decode(writeSpdx(toDocument(taken, io)));
    case 'table':
      return formatComponentTable(taken.stock);
    case 'json': {
      const { subject, platform, stock } = taken;
      const report = { subject, ...(platform === undefined ? {} : { platform: platformName(platform) }), ...stock };
      return `${JSON.stringify(report, undefined, 2)}\n`;
    }
  }
}

function toDocument({ subject, stock, created }: SourceStock, io: CliIo): SbomDocument {
  return { subject, stock, created: toSeconds(sourceDate(io) ?? created ?? new Date().toISOString()), toolVersion };
}

/** SOURCE_DATE_EPOCH: seconds since 1970 (https://reproducible-builds.org/specs/source-date-epoch/). */
function sourceDate({ env }: CliIo): string | undefined {
  const text = env.SOURCE_DATE_EPOCH;
  if (!text) return undefined;
  if (!/^\d{1,11}$/.test(text))
    throw new CliError(exitCodes.usage, 'SOURCE_DATE_INVALID', 'SOURCE_DATE_EPOCH: expected seconds since 1970');
  return new Date(Number(text) * 1000).toISOString();
}
