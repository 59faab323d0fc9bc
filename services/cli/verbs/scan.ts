import { lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import { Option } from 'commander';
import { uncoveredIn } from '../../../domain/advisory/coverage.ts';
import type { AdvisoryDatabase } from '../../../domain/advisory/database.ts';
import { type Finding, severities } from '../../../domain/advisory/finding.ts';
import { scanComponents } from '../../../domain/advisory/scan-components.ts';
import type { ThreatDatabase } from '../../../domain/advisory/threat.ts';
import type { VexSubject } from '../../../domain/advisory/vex/apply-vex.ts';
import { platformName } from '../../../domain/artifact/descriptor.ts';
import type { Component, Ecosystem, Location } from '../../../domain/sbom/component.ts';
import type { ExitCode } from '../exit-codes.ts';
import { chooseExplanationOutputs, writeExplanation } from '../explanation-output.ts';
import { describeStaleness, parseAge } from '../feed-age.ts';
import type { CliIo } from '../io.ts';
import { openAdvisories } from '../open-advisories.ts';
import { chooseOutputs, type OutputChoice, OutputOption } from '../output-choice.ts';
import { printable } from '../printable.ts';
import { createReportPath } from '../report-path.ts';
import { type Decide, type DecisionOptions, readDecisions } from '../scan-decisions.ts';
import { judgeScan } from '../scan-judgement.ts';
import { isScanFormat, scanFormats } from '../scan-output/formats.ts';
import type { ScannedPlatform, ScanReport } from '../scan-output/scan-report.ts';
import { type Compare, readReports } from '../scan-reports.ts';
import { openSource, type SourceStock } from '../source.ts';
import { tellSyncFailure } from '../sync-failure.ts';
import { toolVersion } from '../tool-version.ts';
import type { Verb } from '../verb.ts';
import { writeOutput } from '../write-output.ts';

interface ScanOptions extends DecisionOptions {
  readonly advisories?: string;
  readonly failOn?: (typeof thresholds)[number];
  readonly output?: readonly OutputChoice[];
  readonly json?: boolean;
  readonly platform?: string;
  readonly onlyFixed?: boolean;
  /** Milliseconds. */
  readonly maxAge?: number;
  readonly explain?: string;
  readonly report?: readonly string[];
}

const HELP = `
Advisories are those of --advisories, else of the last "pratique advisories sync", else the seed of this release.
Exit code 0 when nothing is at or above --fail-on (or without it), 1 when something is, 2 for usage, 3 when the source
or the advisories can not be read, the stock is incomplete, the advisories of an ecosystem it has are older than --max-age, or with --fail-on
an advisory could not be decided, nothing could be compared, or there are no advisories of an ecosystem, or of a release of a
distribution, that it has.
What a distribution installed, under the version it has there, is left to the distribution's advisories where there are any of its
release, but for malicious packages: upstream's do not know its fixes. How many components that is, is told.
An ignore file is YAML, and every entry needs a reason and its last day; after it the finding counts again:
  ignore: [{ id: CVE-2021-23337, component: pkg:npm/lodash, reason: build time only, expires: 2026-12-31 }]
Findings that an ignore file or a VEX document (not_affected, fixed) covers are told, and do not count.
An OpenVEX document has a statement at least: of a scan that found nothing none is written, and one of before is removed.
Reports of other scanners are evidence beside our own findings: each finding says who else has it, and what only they, or only
we, have is listed. What only they have does not end with 1.

Examples:
  pratique scan .
  pratique scan localhost:5000/dev/shop:1.0 --fail-on high --max-age 3d
  pratique scan shop.cdx.json -o table -o sarif=scan.sarif -o junit=scan.xml
  pratique scan . --fail-on high --only-fixed --ignore-file .pratique-ignore.yaml --vex vendor.openvex.json
  pratique scan . --report grype.json --report trivy.sarif
  pratique scan . --explain CVE-2021-23337`;

const thresholds = severities.filter((severity) => severity !== 'none');

const known = Object.fromEntries(Object.keys(scanFormats).map((name) => [name, []]));

interface Deciding {
  readonly decide: Decide;
  readonly compare: Compare;
}

/** A lockfile that people keep before the copies that its package manager makes; in images the order of layers stays. */
function shallowFirst(finding: Finding): Finding {
  if (finding.locations.some(({ layer }) => layer !== undefined)) return finding;
  const depth = ({ path }: Location) => path.split('/').length;
  return { ...finding, locations: finding.locations.toSorted((a, b) => depth(a) - depth(b)) };
}

function vexSubjectOf({ subject, serialNumber }: SourceStock): VexSubject {
  return { ...subject, ...(serialNumber === undefined ? {} : { serialNumber }) };
}

async function scanSource(
  target: string,
  database: AdvisoryDatabase & ThreatDatabase,
  { options, decide, compare, io }: Deciding & { readonly options: ScanOptions; readonly io: CliIo },
): Promise<ScanReport> {
  const source = await openSource(target, { io, platform: options.platform });
  const platforms: ScannedPlatform[] = [];
  for (const stock of await source.stock()) {
    const result = await scanComponents(stock.stock.components, database, database);
    platforms.push({
      platform: stock.platform === undefined ? undefined : platformName(stock.platform),
      source: stock,
      result: { ...result, findings: decide(result.findings.map(shallowFirst), vexSubjectOf(stock)) },
    });
  }
  const scannedAt = (io.now?.() ?? new Date()).toISOString();
  const pathOf = createReportPath(source.kind, target, io.cwd);
  const whole = options.platform === 'all' && source.whole !== undefined ? { whole: source.whole } : {};
  const { describe } = source;
  return compare({ target, pathOf, describe, ...whole, platforms, toolVersion, scannedAt, reports: [] });
}

/** A document of before must not pass for this one. */
async function writeNothing(format: string, file: string | undefined, io: CliIo): Promise<void> {
  io.err.write(
    `${format}: nothing was found, and the format has no empty document: ${file ?? 'nothing'} is not written\n`,
  );
  if (file === undefined) return;
  const place = path.resolve(io.cwd, file);
  const before = await lstat(place).catch(() => undefined);
  if (before?.isFile() === true) await rm(place);
}

async function writeOutputs(report: ScanReport, outputs: readonly OutputChoice[], io: CliIo): Promise<void> {
  for (const { format, file } of outputs) {
    const text = isScanFormat(format) ? (await scanFormats[format]())(report) : undefined;
    if (text === undefined) await writeNothing(format, file, io);
    else await writeOutput(typeof text === 'string' ? [text] : text, file, io);
  }
}

function* componentsOf({ platforms }: ScanReport): Generator<Component> {
  for (const { source } of platforms) yield* source.stock.components;
}

async function scan(target: string, options: ScanOptions, io: CliIo): Promise<ExitCode> {
  const { explain, failOn, onlyFixed = false, maxAge } = options;
  const outputs =
    explain === undefined
      ? chooseOutputs(options, { format: 'table', version: undefined }, '-o sarif=scan.sarif')
      : chooseExplanationOutputs(options);
  const { decide, unused } = await readDecisions(options, io);
  const compare = await readReports(options.report ?? [], io);
  const { index, kind, describe } = await openAdvisories(io, options.advisories);
  using _ = index;
  io.err.write(`advisories: ${describe}\n`);
  await tellSyncFailure({ kind }, io);
  if (kind === 'seed') io.err.write('  pratique advisories sync --from DIR|ZIP|URL --local brings in a whole feed\n');
  const report = await scanSource(target, index, { options, decide, compare, io });
  const idle = unused();
  if (idle.length > 0)
    io.err.write(printable(`entries of ignore files that cover nothing found here: ${idle.join(', ')}`).concat('\n'));
  if (explain === undefined) await writeOutputs(report, outputs, io);
  else {
    const { explainScan, formatScanExplanation } = await import('../scan-explain.ts');
    await writeExplanation(await explainScan(explain, report, index), formatScanExplanation, outputs, io);
  }
  const needed = new Set<Ecosystem>();
  for (const { ecosystem } of componentsOf(report)) if (ecosystem !== 'generic') needed.add(ecosystem);
  const state = await index.state();
  const uncovered = [...uncoveredIn(componentsOf(report), state).keys()];
  const stale = describeStaleness(state, { now: io.now?.() ?? new Date(), most: maxAge, needed, uncovered });
  return judgeScan(report, { failOn, onlyFixed, stale, uncovered }, io);
}

const collect = (file: string, before: readonly string[] | undefined) => [...(before ?? []), file];

/** `pratique scan`: matches the components of a source against advisories, without a server. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .argument(
        '<source>',
        'an image with its registry, a folder, an archive (tar, zip, a jar or a wheel), a lockfile, or an SBOM',
      )
      .addOption(new Option('--advisories <dir>', 'records in the OSV format: a folder, or a zip'))
      .addOption(new Option('--fail-on <severity>', 'end with 1 at or above').choices(thresholds))
      .addOption(new OutputOption('<format[=path]>', known))
      .addOption(new Option('--only-fixed', 'findings without a fix do not end with 1'))
      .addOption(
        new Option('--ignore-file <file>', 'findings that do not count, with reason and last day').argParser(collect),
      )
      .addOption(new Option('--vex <file>', 'OpenVEX, CSAF 2.0 or CycloneDX; repeatable').argParser(collect))
      .addOption(
        new Option(
          '--report <file>',
          'what another scanner found (Grype, Trivy, SARIF), to compare; repeatable',
        ).argParser(collect),
      )
      .addOption(
        new Option('--max-age <age>', 'end with 3 where the advisories are older: 36h, 7d, P7D').argParser(parseAge),
      )
      .addOption(
        new Option('--explain <id>', 'what was decided about one advisory, instead of a report: as a table or as json'),
      )
      .addOption(new Option('--platform <os/arch>', 'of a multi-platform image, or "all"'))
      .addOption(new Option('--json', 'the same as -o json, and errors as JSON'))
      .addHelpText('after', HELP)
      .action(async (source: string, options: ScanOptions) => done(await scan(source, options, io)));
  },
};
