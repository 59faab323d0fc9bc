import { Option } from 'commander';
import { documentFormats } from '../../../adapters/sbom/document-formats.ts';
import { toSeconds } from '../../../adapters/sbom/sbom-publisher.ts';
import { platformName } from '../../../domain/artifact/descriptor.ts';
import type { SbomDocument } from '../../../domain/sbom/document.ts';
import { CliError } from '../cli-error.ts';
import { formatComponentTable } from '../component-table.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { chooseOutputs, collectOutputs, type KnownFormats, type OutputChoice } from '../output-choice.ts';
import { openSource, type SourceStock } from '../source.ts';
import { toolVersion } from '../tool-version.ts';
import type { Verb } from '../verb.ts';
import { warnIncomplete } from '../warn-incomplete.ts';
import { writeOutput } from '../write-output.ts';

interface SbomOptions {
  readonly output?: readonly OutputChoice[];
  readonly platform?: string;
  readonly json?: boolean;
}

const formats: KnownFormats = {
  ...Object.fromEntries(documentFormats.map(({ name, versions }) => [name, versions])),
  table: [],
  json: [],
};

const HELP = `
Without -o, a table on a terminal, and cyclonedx-json elsewhere. Several -o write several documents of one stock;
one of them may go to stdout. PRATIQUE_OUTPUT takes several apart by commas. The time in a document is that of
SOURCE_DATE_EPOCH, else of the image or the SBOM, else now. A file is written as a whole, or not at all.

Versions: cyclonedx-json and cyclonedx-xml 1.6, 1.5 and 1.7, spdx-json 2.3 and 3.0.1, spdx-tag-value 2.3. An SBOM as the
source is CycloneDX 1.2 to 1.7 (JSON, XML), SPDX 2.2 or 2.3 (JSON, tag-value), SPDX 3.0.1 (JSON-LD) or Syft's JSON.

Exit code 0 when everything was read, 3 when the source can not be read or parts of it could not be: the documents
are written then, and say that they are incomplete.

Examples:
  pratique sbom .
  pratique sbom localhost:5000/shop:1.0 -o cyclonedx-json=shop.cdx.json -o spdx-json=shop.spdx.json
  pratique sbom registry.example.com/shop@sha256:... --platform linux/arm64 -o cyclonedx-xml@1.5
  pratique sbom shop.cdx.json -o spdx-json`;

/** `pratique sbom`: what an image, a folder, an archive or an SBOM consists of. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .argument('<source>', 'an image with its registry, a folder, an archive, a lockfile, or an SBOM')
      .addOption(
        new Option('-o, --output <format[@version][=path]>', `one of ${Object.keys(formats).join(', ')}; repeatable`)
          .argParser(collectOutputs(formats))
          .env('PRATIQUE_OUTPUT'),
      )
      .addOption(new Option('--platform <os/arch>', 'of a multi-platform image').env('PRATIQUE_PLATFORM'))
      .addOption(new Option('--json', 'the same as -o json, and errors as JSON').env('PRATIQUE_JSON'))
      .addHelpText('after', HELP)
      .action(async (argument: string, options: SbomOptions) => {
        const byDefault = io.out.isTTY === true ? 'table' : 'cyclonedx-json';
        const outputs = chooseOutputs(
          options,
          { format: byDefault, version: formats[byDefault]?.[0] },
          '-o cyclonedx-json=shop.cdx.json',
        );
        const source = await openSource(argument, { io, platform: options.platform });
        const stocks = await source.stock();
        const [taken] = stocks;
        if (taken === undefined || stocks.length > 1)
          throw new CliError(exitCodes.usage, 'PLATFORM_REQUIRED', `${argument}: one document is about one platform`, {
            hint: `--platform ${stocks.map(({ platform }) => (platform === undefined ? '' : platformName(platform))).join(' | ')}`,
          });
        const document = toDocument(taken, io);
        for (const output of outputs) await writeOutput(await render(output, taken, document), output.file, io);
        warnIncomplete(source.describe, taken.stock, io);
        done(taken.stock.complete ? exitCodes.pass : exitCodes.infrastructure);
      });
  },
};

async function render(
  { format, version = '' }: OutputChoice,
  taken: SourceStock,
  document: SbomDocument,
): Promise<Iterable<string>> {
  const known = documentFormats.find(({ name }) => name === format);
  if (known !== undefined) return (await known.load(version))(document);
  if (format === 'table') return [formatComponentTable(taken.stock)];
  const { subject, platform, stock, build } = taken;
  const about = { subject, ...(platform === undefined ? {} : { platform: platformName(platform) }) };
  return [`${JSON.stringify({ ...about, ...(build === undefined ? {} : { build }), ...stock }, undefined, 2)}\n`];
}

function toDocument({ subject, stock, created, build }: SourceStock, io: CliIo): SbomDocument {
  const time = toSeconds(sourceDate(io) ?? created ?? (io.now?.() ?? new Date()).toISOString());
  return { subject, stock, created: time, toolVersion, ...(build === undefined ? {} : { build }) };
}

/** SOURCE_DATE_EPOCH: seconds since 1970 (https://reproducible-builds.org/specs/source-date-epoch/). */
function sourceDate({ env }: CliIo): string | undefined {
  const text = env.SOURCE_DATE_EPOCH;
  if (!text) return undefined;
  if (!/^\d{1,11}$/.test(text))
    throw new CliError(exitCodes.usage, 'SOURCE_DATE_INVALID', 'SOURCE_DATE_EPOCH: expected seconds since 1970');
  return new Date(Number(text) * 1000).toISOString();
}
