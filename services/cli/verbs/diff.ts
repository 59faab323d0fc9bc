import { InvalidArgumentError, Option } from 'commander';
import { uncoveredIn } from '../../../domain/advisory/coverage.ts';
import { scanComponents } from '../../../domain/advisory/scan-components.ts';
import { platformName } from '../../../domain/artifact/descriptor.ts';
import { plural } from '../../../domain/plural.ts';
import { diffFindings } from '../../../domain/sbom/diff-findings.ts';
import { diffStocks, type StockDifference } from '../../../domain/sbom/diff-stocks.ts';
import { countDrift, type DriftKind, driftKinds } from '../../../domain/sbom/drift.ts';
import { CliError } from '../cli-error.ts';
import type { DiffReport } from '../diff-output/diff-report.ts';
import { formatDiffJson } from '../diff-output/json.ts';
import { formatDiffMarkdown } from '../diff-output/markdown.ts';
import { formatDiffTable } from '../diff-output/table.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { describeNoAdvisories } from '../feed-age.ts';
import type { CliIo } from '../io.ts';
import { openAdvisories } from '../open-advisories.ts';
import { chooseOutputs, type OutputChoice, OutputOption } from '../output-choice.ts';
import { printable } from '../printable.ts';
import { describeLeftComponents } from '../scan-output/describe-left.ts';
import { openSource, type Source, type SourceStock } from '../source.ts';
import { tellSyncFailure } from '../sync-failure.ts';
import type { Verb } from '../verb.ts';
import { warnIncomplete } from '../warn-incomplete.ts';
import { writeOutput } from '../write-output.ts';

interface DiffOptions {
  readonly failOn?: readonly DriftKind[];
  readonly advisories?: string | false;
  readonly output?: readonly OutputChoice[];
  readonly json?: boolean;
  readonly platform?: string;
}

const formats: Readonly<Record<string, (report: DiffReport) => string>> = {
  table: formatDiffTable,
  json: formatDiffJson,
  markdown: formatDiffMarkdown,
};
const known = { table: [], json: [], markdown: [] };

const HELP = `
<before> and <after> are each an image, a folder, an archive or an SBOM, in any format \`pratique sbom\` reads. Packages are
compared by ecosystem and name; a version is up or down in the order of its ecosystem. "other source" is the same version
from another repository, commit or address, "other bytes" with another hash. Advisories are those of --advisories, else of the last "pratique advisories sync", else the seed of this
release; --no-advisories leaves them out.

Exit code 0 when nothing of --fail-on occurs (or without it), 1 when something does, 2 for usage, 3 when nobody can tell (with
--fail-on advisory: a new component without a version, or of an ecosystem there are no advisories of), or a side can not be read, or not completely: what is missing there may
only not have been seen.

Examples:
  pratique diff shop-1.0.cdx.json shop-1.1.cdx.json
  pratique diff registry.example.com/shop:1.0 registry.example.com/shop:1.1 -o markdown=comment.md
  pratique diff approved.spdx.json . --fail-on added,changed,licence --no-advisories`;

/** `pratique diff`: what was added, removed, changed, downgraded or licensed otherwise between two sources. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .argument('<before>', 'an image with its registry, a folder, an archive, or an SBOM')
      .argument('<after>', 'the same')
      .addOption(
        new Option(
          '--fail-on <what>',
          `end with 1 on: ${driftKinds.join(', ')}; repeatable, or apart by commas`,
        ).argParser(collectKinds),
      )
      .addOption(new Option('--advisories <dir>', 'records in the OSV format: a folder, or a zip'))
      .addOption(new Option('--no-advisories', 'ask no advisories'))
      .addOption(new OutputOption('<format[=path]>', known))
      .addOption(new Option('--platform <os/arch>', 'of multi-platform images'))
      .addOption(new Option('--json', 'the same as -o json, and errors as JSON'))
      .addHelpText('after', HELP)
      .action(async (before: string, after: string, options: DiffOptions) =>
        done(await diff(before, after, options, io)),
      );
  },
};

function collectKinds(text: string, before: readonly DriftKind[] | undefined): DriftKind[] {
  const kinds = text.split(',').map((one) => {
    const kind = driftKinds.find((name) => name === one.trim());
    if (kind === undefined) throw new InvalidArgumentError(`"${one}" is none of ${driftKinds.join(', ')}.`);
    return kind;
  });
  return [...(before ?? []), ...kinds];
}

interface Side {
  readonly source: Source;
  readonly taken: SourceStock;
}

async function diff(before: string, after: string, options: DiffOptions, io: CliIo): Promise<ExitCode> {
  const outputs = chooseOutputs(options, { format: 'table', version: undefined }, '-o markdown=comment.md');
  // Opened first: a name that is wrong is said before the other side is read.
  const sources = [
    await openSource(before, { io, platform: options.platform }),
    await openSource(after, { io, platform: options.platform }),
  ];
  const [old, young] = [await takeOne(before, sources[0]), await takeOne(after, sources[1])];
  const difference = diffStocks(old.taken.stock, young.taken.stock);
  const { advisories, uncovered } = await compareAdvisories([old, young], difference, options, io);
  const counts = countDrift(difference, advisories);
  const failed = (options.failOn ?? []).filter((kind, index, all) => counts[kind] > 0 && all.indexOf(kind) === index);
  const report: DiffReport = {
    before: describe(before, old),
    after: describe(after, young),
    difference,
    ...(advisories === undefined ? {} : { advisories }),
    counts,
    failed,
  };
  for (const { format, file } of outputs) await writeOutput([formats[format]?.(report) ?? ''], file, io);
  for (const { source, taken } of [old, young]) warnIncomplete(source.describe, taken.stock, io);
  if (failed.length > 0) {
    io.err.write(`pratique: not allowed by --fail-on: ${failed.map((kind) => `${counts[kind]} ${kind}`).join(', ')}\n`);
    return exitCodes.fail;
  }
  const [unclear] = advisories?.undecided ?? [];
  if (unclear !== undefined && options.failOn?.includes('advisory') === true) {
    io.err.write(
      `pratique: of what is new, ${plural(advisories?.undecided.length ?? 0, 'match', 'matches')} could not be decided: ${printable(`${unclear.advisory} of ${unclear.purl}: ${unclear.reason}`)}\n`,
    );
    return exitCodes.infrastructure;
  }
  if (uncovered.length > 0 && options.failOn?.includes('advisory') === true) {
    io.err.write(`pratique: of what is new, ${describeNoAdvisories(uncovered)}\n`);
    return exitCodes.infrastructure;
  }
  return old.taken.stock.complete && young.taken.stock.complete ? exitCodes.pass : exitCodes.infrastructure;
}

async function takeOne(argument: string, source: Source | undefined): Promise<Side> {
  const stocks = (await source?.stock()) ?? [];
  const [taken] = stocks;
  if (source === undefined || taken === undefined || stocks.length > 1)
    throw new CliError(exitCodes.usage, 'PLATFORM_REQUIRED', `${argument}: one platform is compared with one`, {
      hint: `--platform ${stocks.map(({ platform }) => (platform === undefined ? '' : platformName(platform))).join(' | ')}`,
    });
  return { source, taken };
}

function describe(named: string, { source, taken }: Side): DiffReport['before'] {
  return {
    named,
    describe: source.describe,
    components: taken.stock.components.length,
    complete: taken.stock.complete,
  };
}

async function compareAdvisories(
  [before, after]: readonly [Side, Side],
  { added, changed }: StockDifference,
  { advisories, failOn = [] }: DiffOptions,
  io: CliIo,
): Promise<{ readonly advisories?: DiffReport['advisories']; readonly uncovered: readonly string[] }> {
  if (advisories === false) {
    if (failOn.includes('advisory'))
      throw new CliError(exitCodes.usage, 'ADVISORIES_REQUIRED', '--fail-on advisory and --no-advisories together');
    return { uncovered: [] };
  }
  const { index, kind, describe: database } = await openAdvisories(io, advisories);
  using _ = index;
  const scan = async ({ source, taken }: Side) => {
    const { findings, undecided, left = [] } = await scanComponents(taken.stock.components, index);
    const told = describeLeftComponents(left);
    if (told !== undefined) io.err.write(`${printable(`${source.describe}: ${told}`)}\n`);
    // Of what no advisories speak, an SBOM may have a million, and none is gained or lost.
    return { findings, undecided: undecided.filter(({ advisory }) => advisory !== undefined) };
  };
  const [old, young] = [await scan(before), await scan(after)];
  io.err.write(`advisories: ${database}\n`);
  await tellSyncFailure({ kind }, io);
  const versions = changed.flatMap(({ after: one, direction }) => (direction === 'same' ? [] : [one]));
  const uncovered = uncoveredIn([...added, ...versions], await index.state());
  return { advisories: { ...diffFindings(old, young), database }, uncovered: [...uncovered.keys()] };
}
