import path from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { documentFormats } from '../../../adapters/sbom/document-formats.ts';
import { toSeconds } from '../../../adapters/sbom/sbom-publisher.ts';
import { platformName } from '../../../domain/artifact/descriptor.ts';
import type { Stock } from '../../../domain/sbom/component.ts';
import type { SbomDocument } from '../../../domain/sbom/document.ts';
import { type Score, type ScoreProfile, scoreDocument, scoreProfiles } from '../../../domain/sbom/score.ts';
import { CliError } from '../cli-error.ts';
import { formatComponentTable } from '../component-table.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { explainComponent, formatExplanation } from '../explain-component.ts';
import { chooseExplanationOutputs, writeExplanation } from '../explanation-output.ts';
import { formatScore } from '../format-score.ts';
import type { CliIo } from '../io.ts';
import { chooseOutputs, type KnownFormats, type OutputChoice, OutputOption } from '../output-choice.ts';
import { openSource, type Source, type SourceStock } from '../source.ts';
import { sourceDate } from '../source-date.ts';
import { toolVersion } from '../tool-version.ts';
import type { Verb } from '../verb.ts';
import { warnIncomplete } from '../warn-incomplete.ts';
import { writeOutput } from '../write-output.ts';

interface SbomOptions {
  readonly output?: readonly OutputChoice[];
  readonly platform?: string;
  readonly json?: boolean;
  readonly score?: boolean;
  readonly minScore?: readonly MinimumScore[];
  readonly explain?: string;
  readonly strict?: boolean;
}

interface MinimumScore {
  readonly profile: ScoreProfile;
  readonly percent: number;
}

const formats: KnownFormats = {
  ...Object.fromEntries(documentFormats.map(({ name, versions }) => [name, versions])),
  table: [],
  json: [],
  score: [],
  'score-json': [],
};

const HELP = `
Without -o, a table on a terminal, and cyclonedx-json elsewhere. Several -o write several documents of one stock;
one of them may go to stdout. PRATIQUE_OUTPUT takes several apart by commas. The time in a document is that of
SOURCE_DATE_EPOCH, else of the image or the SBOM, else now. A file is written as a whole, or not at all.

Versions: cyclonedx-json and cyclonedx-xml 1.6, 1.5 and 1.7, spdx-json 2.3 and 3.0.1, spdx-tag-value 2.3. An SBOM as the
source is CycloneDX 1.2 to 1.7 (JSON, XML), SPDX 2.2 or 2.3 (JSON, tag-value), SPDX 3.0.1 (JSON-LD) or Syft's JSON.

--score is -o score (with --json, score-json): how complete the SBOM is by the NTIA's minimum elements and by the BSI's
TR-03183-2, and what is missing. --explain takes a purl, with or without version and qualifiers, a name, or name@version,
and says where it was found, by what, and from which bytes, as a table or as json.

--platform all takes an index as a whole: every component once, with the platforms it is found on.

Exit code 0 when everything was read, 1 below --min-score, 3 when the source can not be read or parts of it could not be: the documents
are written then, and say that they are incomplete. --strict ends with 3 also where --min-score would end with 1.

Examples:
  pratique sbom .
  pratique sbom localhost:5000/shop:1.0 -o cyclonedx-json=shop.cdx.json -o spdx-json=shop.spdx.json
  pratique sbom registry.example.com/shop@sha256:... --platform linux/arm64 -o cyclonedx-xml@1.5
  pratique sbom shop.cdx.json -o spdx-json@3.0.1
  pratique sbom shop.spdx.json --score --min-score ntia=90
  pratique sbom . --explain pkg:npm/left-pad`;

/** `pratique sbom`: what an image, a folder, an archive or an SBOM consists of. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .argument(
        '<source>',
        'an image with its registry, a folder, an archive (tar, zip, a jar or a wheel), a lockfile, or an SBOM',
      )
      .addOption(new OutputOption('<format[@version][=path]>', formats).env('PRATIQUE_OUTPUT'))
      .addOption(
        new Option('--platform <os/arch>', 'of a multi-platform image, or "all" of them in one document').env(
          'PRATIQUE_PLATFORM',
        ),
      )
      .addOption(new Option('--score', 'how complete it is, by NTIA and BSI, and what is missing'))
      .addOption(
        new Option('--min-score <profile=percent>', 'end with 1 below: ntia=90,bsi=50; repeatable').argParser(
          collectMinimums,
        ),
      )
      .addOption(new Option('--explain <purl>', 'where one component was found, by what, from which bytes'))
      .addOption(
        new Option('--strict', 'what could not be read, or is odd, ends with 3 before anything else does').env(
          'PRATIQUE_STRICT',
        ),
      )
      .addOption(new Option('--json', 'the same as -o json, and errors as JSON').env('PRATIQUE_JSON'))
      .addHelpText('after', HELP)
      .action(async (argument: string, options: SbomOptions) => done(await run(argument, options, io)));
  },
};

function collectMinimums(text: string, before: readonly MinimumScore[] | undefined): MinimumScore[] {
  const minimums = text.split(',').map((one): MinimumScore => {
    const [name, percent = ''] = one.split('=', 2);
    const profile = scoreProfiles.find((known) => known === name);
    if (profile === undefined || !/^\d{1,3}$/.test(percent) || Number(percent) > 100)
      throw new InvalidArgumentError(`"${one}" is not ${scoreProfiles.join(' or ')}, "=" and a number up to 100.`);
    return { profile, percent: Number(percent) };
  });
  return [...(before ?? []), ...minimums];
}

async function run(argument: string, options: SbomOptions, io: CliIo): Promise<ExitCode> {
  const outputs = options.explain === undefined ? wantedOutputs(options, io) : chooseExplanationOutputs(options);
  const source = await openSource(argument, { io, platform: options.platform });
  const parts = await source.stock();
  const taken = options.platform === 'all' ? await joined(source, parts) : parts.length === 1 ? parts[0] : undefined;
  if (taken === undefined)
    throw new CliError(exitCodes.usage, 'PLATFORM_REQUIRED', `${argument}: one document is about one platform`, {
      hint: platformHint(parts),
    });
  if (options.explain !== undefined) {
    const folder = source.kind === 'directory' ? path.resolve(io.cwd, argument) : undefined;
    const explained = await explainComponent(options.explain, { taken, folder, describe: source.describe });
    await writeExplanation(explained, formatExplanation, outputs, io);
  }
  const document = toDocument(taken, io);
  if (options.explain === undefined)
    for (const output of outputs) await writeOutput(await render(output, taken, document), output.file, io);
  warnIncomplete(source.describe, taken.stock, io);
  const { complete, notes = [] } = taken.stock;
  if (options.strict === true && (!complete || notes.length > 0)) return exitCodes.infrastructure;
  if (isBelow(options.minScore ?? [], taken, document, io)) return exitCodes.fail;
  return complete ? exitCodes.pass : exitCodes.infrastructure;
}

/** Several images of one platform, side by side in a layout, have no names that could be asked for. */
function platformHint(parts: readonly SourceStock[]): string {
  const names = new Set(parts.map(({ platform }) => (platform === undefined ? '' : platformName(platform))));
  if (names.size === parts.length) return `--platform ${[...names].join(' | ')} | all`;
  return '--platform all takes all of them; one of several images of a platform is taken from a layout of its own';
}

async function joined({ whole }: Source, parts: readonly SourceStock[]): Promise<SourceStock | undefined> {
  const { joinPlatforms } = await import('../join-platforms.ts');
  return joinPlatforms(whole, parts);
}

function wantedOutputs({ output = [], score, json }: SbomOptions, io: CliIo): readonly OutputChoice[] {
  const scored: readonly OutputChoice[] =
    score === true ? [{ format: json === true ? 'score-json' : 'score', version: undefined, file: undefined }] : [];
  const byDefault = io.out.isTTY === true ? 'table' : 'cyclonedx-json';
  return chooseOutputs(
    { output: [...output, ...scored], json: json === true && score !== true },
    { format: byDefault, version: formats[byDefault]?.[0] },
    '-o cyclonedx-json=shop.cdx.json',
  );
}

function isBelow(minimums: readonly MinimumScore[], taken: SourceStock, document: SbomDocument, io: CliIo): boolean {
  if (minimums.length === 0) return false;
  const { profiles } = scoreOf(taken, document);
  const below = minimums.filter(({ profile, percent }) => profiles[profile] < percent);
  for (const { profile, percent } of below)
    io.err.write(`pratique: ${profile} score ${profiles[profile]} %: at least ${percent} % is asked for\n`);
  return below.length > 0;
}

/** An SBOM is scored as its author left it, everything else as the document that is written about it. */
function scoreOf({ stock, creators, created }: SourceStock, document: SbomDocument): Score {
  return creators === undefined
    ? scoreDocument({ stock, creators: [`Tool: pratique-${toolVersion}`], created: document.created })
    : scoreDocument({ stock, creators, created });
}

async function render(
  { format, version = '' }: OutputChoice,
  taken: SourceStock,
  document: SbomDocument,
): Promise<Iterable<string>> {
  const known = documentFormats.find(({ name }) => name === format);
  if (known !== undefined) return (await known.load(version))(document);
  if (format === 'table') return formatComponentTable(taken.stock);
  if (format === 'score') return [formatScore(scoreOf(taken, document))];
  if (format === 'score-json') return [`${JSON.stringify(scoreOf(taken, document), undefined, 2)}\n`];
  const { subject, platform, stock, build } = taken;
  const about = { subject, ...(platform === undefined ? {} : { platform: platformName(platform) }) };
  return stockPieces({ ...about, ...(build === undefined ? {} : { build }) }, stock);
}

/** What is known, as JSON: component by component, since a million of them are longer than a string may be. */
function* stockPieces(about: object, { components, ...rest }: Stock): Generator<string> {
  yield `${JSON.stringify(about, undefined, 2).slice(0, -'\n}'.length)},\n  "components": [`;
  let isFirst = true;
  for (const component of components) {
    yield `${isFirst ? '' : ','}\n    ${JSON.stringify(component, undefined, 2).replaceAll('\n', '\n    ')}`;
    isFirst = false;
  }
  yield `${isFirst ? '' : '\n  '}],${JSON.stringify(rest, undefined, 2).slice(1)}\n`;
}

function toDocument({ subject, stock, created, build }: SourceStock, io: CliIo): SbomDocument {
  const time = toSeconds(sourceDate(io) ?? created ?? (io.now?.() ?? new Date()).toISOString());
  return { subject, stock, created: time, toolVersion, ...(build === undefined ? {} : { build }) };
}
