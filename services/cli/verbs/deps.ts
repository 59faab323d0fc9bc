import { InvalidArgumentError, Option } from 'commander';
import { createEgress } from '../../../adapters/egress/egress.ts';
import {
  type RegistryAddresses,
  RegistryReleaseDates,
} from '../../../adapters/release-dates/registry-release-dates.ts';
import { uncoveredIn } from '../../../domain/advisory/coverage.ts';
import { severities } from '../../../domain/advisory/finding.ts';
import { scanComponents } from '../../../domain/advisory/scan-components.ts';
import { arrivedIn } from '../../../domain/review/arrival.ts';
import { collectReleaseDates } from '../../../domain/review/release-dates.ts';
import { type Review, type ReviewedSide, reviewChange } from '../../../domain/review/review-change.ts';
import type { ReviewAge, ReviewRules } from '../../../domain/review/review-context.ts';
import { uncheckedIn } from '../../../domain/review/unchecked.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { CliError } from '../cli-error.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { openAdvisories } from '../open-advisories.ts';
import { chooseOutputs, type OutputChoice, OutputOption } from '../output-choice.ts';
import { printable } from '../printable.ts';
import { createReportPath } from '../report-path.ts';
import { formatReviewJson } from '../review-output/json.ts';
import { formatReviewMarkdown } from '../review-output/markdown.ts';
import type { ReviewReport } from '../review-output/review-report.ts';
import { formatReviewSarif } from '../review-output/sarif.ts';
import { formatReviewTable } from '../review-output/table.ts';
import { openSource, type Source } from '../source.ts';
import { tellSyncFailure } from '../sync-failure.ts';
import { toolVersion } from '../tool-version.ts';
import type { Verb } from '../verb.ts';
import { warnIncomplete } from '../warn-incomplete.ts';
import { writeOutput } from '../write-output.ts';

interface ReviewOptions {
  readonly advisories?: string;
  readonly failOn: ReviewRules['failOn'];
  readonly denyLicence?: readonly string[];
  readonly own?: readonly string[];
  readonly accept?: readonly string[];
  readonly minAge?: number;
  readonly registry?: RegistryAddresses;
  readonly output?: readonly OutputChoice[];
  readonly json?: boolean;
}

const formats: Readonly<Record<string, (report: ReviewReport) => string>> = {
  table: formatReviewTable,
  json: formatReviewJson,
  sarif: formatReviewSarif,
  markdown: formatReviewMarkdown,
};
const known = { table: [], json: [], sarif: [], markdown: [] };
const thresholds = severities.filter((severity) => severity !== 'none');

const HELP = `
<base> and <head> are each a lockfile, a folder, or an SBOM: the branch a pull request goes to, and the one it comes from.
Only what the change brings is judged: vulnerabilities, malicious packages, new names that look like much used ones,
names of ours (--own) from a public registry, hashes that changed or are missing, packages from another place than before,
commands that run at installation and did not before, denied licences, and, with --min-age and --registry, versions
published a short time ago. Advisories are those of --advisories, else of the
last "pratique advisories sync", else the seed of this release.

Exit code 0 when nothing is wrong, 1 on an error, 2 for usage, 3 when a side can not be read completely or something that
should have been checked could not be. Warnings do not change it.

Examples:
  pratique deps review main/package-lock.json package-lock.json
  pratique deps review ../base . --min-age 3 --registry npm=https://registry.npmjs.org
  pratique deps review ../base . --own '@acme/*' --deny-licence 'AGPL-*' -o sarif=review.sarif,markdown=comment.md`;

/** `pratique deps`: what a change of dependencies brings. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .command('review')
      .description('Judge what a change of lockfiles brings: the gate of a pull request')
      .argument('<base>', 'a lockfile, a folder, or an SBOM: before')
      .argument('<head>', 'the same: after')
      .addOption(new Option('--advisories <dir>', 'records in the OSV format: a folder, or a zip'))
      .addOption(
        new Option('--fail-on <severity>', 'vulnerabilities at or above it are errors')
          .choices(thresholds)
          .default('low'),
      )
      .addOption(
        new Option('--deny-licence <id>', 'an SPDX id, or its beginning and "*"; repeatable').argParser(collect),
      )
      .addOption(new Option('--own <pattern>', 'names that are yours, "@acme/*"; repeatable').argParser(collect))
      .addOption(new Option('--accept <pattern>', 'names that imitate nothing; repeatable').argParser(collect))
      .addOption(
        new Option('--min-age <days>', 'versions younger than that are errors; needs --registry').argParser(parseDays),
      )
      .addOption(
        new Option('--registry <kind=url>', 'asked for dates: npm=https://… or pypi=https://…; repeatable')
          .env('PRATIQUE_DEPS_REGISTRY')
          .argParser(collectRegistries),
      )
      .addOption(new OutputOption('<format[=path]>', known))
      .addOption(new Option('--json', 'the same as -o json, and errors as JSON'))
      .addHelpText('after', HELP)
      .action(async (base: string, head: string, options: ReviewOptions) =>
        done(await review(base, head, options, io)),
      );
  },
};

function collect(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}

function parseDays(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('a number of days.');
  return Number(text);
}

function collectRegistries(text: string, before: RegistryAddresses | undefined): RegistryAddresses {
  const [, kind, url = ''] = /^(npm|pypi)=(.+)$/.exec(text) ?? [];
  if (kind === undefined || !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new InvalidArgumentError('npm= or pypi=, and an address.');
  return { ...before, [kind]: url.replace(/\/+$/, '') };
}

/** The age of what arrived, by the registries that were named. Without --min-age nobody is asked. */
async function askAge(
  arrived: readonly Component[],
  { minAge, registry }: ReviewOptions,
  io: CliIo,
): Promise<ReviewAge | undefined> {
  if ((minAge === undefined) !== (registry === undefined))
    throw new CliError(exitCodes.usage, 'OPTION_MISSING', '--min-age and --registry go together', {
      hint: '--min-age 3 --registry npm=https://registry.example.com',
    });
  if (minAge === undefined || registry === undefined) return undefined;
  const hosts = Object.values(registry).map((url: string) => new URL(url).host);
  const egress = createEgress({ configuredHosts: hosts, allowPublicHosts: true });
  try {
    const dates = new RegistryReleaseDates(egress, registry, io.signal);
    const publishedAt = await collectReleaseDates(arrived, dates);
    return { minDays: minAge, now: io.now?.() ?? new Date(), publishedAt };
  } finally {
    await egress.close();
  }
}

async function review(base: string, head: string, options: ReviewOptions, io: CliIo): Promise<ExitCode> {
  const outputs = chooseOutputs(options, { format: 'table', version: undefined }, '-o sarif=review.sarif');
  const sources = [await openSource(base, { io }), await openSource(head, { io })] as const;
  const [old, young] = [await takeSide(base, sources[0], io), await takeSide(head, sources[1], io)];
  const { index, kind, describe } = await openAdvisories(io, options.advisories);
  using _ = index;
  io.err.write(`advisories: ${describe}\n`);
  await tellSyncFailure({ kind }, io);
  const scan = async ({ components }: TakenSide): Promise<ReviewedSide> => ({
    components,
    ...(await scanComponents(components, index)),
  });
  const rules: ReviewRules = {
    failOn: options.failOn,
    deniedLicences: options.denyLicence ?? [],
    ownNames: options.own ?? [],
    acceptedNames: options.accept ?? [],
  };
  const age = await askAge(arrivedIn(old.components, young.components), options, io);
  const reviewed = reviewChange(await scan(old), await scan(young), rules, age);
  const complete = old.complete && young.complete;
  const uncovered = uncoveredIn(reviewed.arrived, await index.state());
  const unchecked = uncheckedIn(reviewed.arrived, rules, age, uncovered);
  const pathOf = createReportPath(sources[1].kind, head, io.cwd);
  const about = { base, head, pathOf, advisories: describe, toolVersion };
  const report: ReviewReport = { ...about, review: reviewed, unchecked, complete };
  for (const { format, file } of outputs) await writeOutput([formats[format]?.(report) ?? ''], file, io);
  // A wrong path, most likely: what has no package is no change that was looked at.
  const isEmpty = young.components.length === 0;
  if (isEmpty) io.err.write(`pratique: no package was found in ${printable(sources[1].describe)}\n`);
  return judge(reviewed, complete && !isEmpty && uncovered.size === 0);
}

/** What is wrong counts before what is not known; what is not known is never clean. */
function judge({ concerns, undecided }: Review, isWhole: boolean): ExitCode {
  if (concerns.some(({ level }) => level === 'error')) return exitCodes.fail;
  const isUnknown = undecided.length > 0 || concerns.some(({ level }) => level === 'unknown');
  return isWhole && !isUnknown ? exitCodes.pass : exitCodes.infrastructure;
}

interface TakenSide {
  readonly components: readonly Component[];
  readonly complete: boolean;
}

async function takeSide(argument: string, source: Source, io: CliIo): Promise<TakenSide> {
  if (source.kind === 'image')
    throw new CliError(exitCodes.usage, 'SOURCE_UNKNOWN', `${argument}: lockfiles are not read in images`, {
      hint: 'Name a lockfile, a folder, or an SBOM; pratique diff compares images',
    });
  const stocks = await source.stock();
  for (const { stock } of stocks) warnIncomplete(source.describe, stock, io);
  return {
    components: stocks.flatMap(({ stock }) => stock.components),
    complete: stocks.every(({ stock }) => stock.complete),
  };
}
