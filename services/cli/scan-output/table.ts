import { type Finding, isSuppressed, severities, type Undecided } from '../../../domain/advisory/finding.ts';
import { plural } from '../../../domain/plural.ts';
import { printable } from '../printable.ts';
import { describeSuppression } from '../scan-decisions.ts';
import { describeLeft } from './describe-left.ts';
import { describeFix, groupByFix } from './fix-groups.ts';
import { describeNothing, formatLocation, listFindings, type ScanReport, type ScanWriter } from './scan-report.ts';

const SHOWN_REASONS = 10;
/** Findings of one side of a comparison. */
const SHOWN_ONLY = 20;
/** Characters of a summary. */
const SUMMARY_WIDTH = 60;

interface Row {
  readonly heading?: string;
  readonly cells: readonly string[];
}

/** The worst first, a heading a component with the upgrade it needs, and under it what it has. */
function toRows(report: ScanReport): Row[] {
  const several = report.platforms.length > 1;
  return groupByFix(report).flatMap((group) =>
    group.members.map(({ finding, platform }, index) => {
      const [first] = finding.locations;
      const more = finding.locations.length > 1 ? ` (+${finding.locations.length - 1})` : '';
      const where = first === undefined ? '-' : `${formatLocation(first)}${more}`;
      const cve = [...finding.aliases, ...(finding.upstream ?? [])].find((id) => id.startsWith('CVE-'));
      const score = finding.score === undefined ? '' : ` ${finding.score.toFixed(1)}`;
      const summary =
        finding.summary.length > SUMMARY_WIDTH ? `${finding.summary.slice(0, SUMMARY_WIDTH - 1)}…` : finding.summary;
      const cells = [
        `${finding.severity}${score}`,
        cve === undefined ? finding.advisory : `${finding.advisory} (${cve})`,
        describeThreat(finding),
        summary === '' ? '-' : summary,
        group.members.length === 1
          ? ''
          : finding.fixedIn === undefined
            ? 'no fix known'
            : `fixed in ${finding.fixedIn}`,
        several && platform !== undefined ? `${platform} ${where}` : where,
      ].map((cell) => printable(cell));
      return index === 0 ? { heading: printable(describeFix(group)), cells } : { cells };
    }),
  );
}

function describeThreat({ epss, kev }: Finding): string {
  const score = epss === undefined ? [] : [`EPSS ${(epss.score * 100).toFixed(1)}%`];
  const known = kev === undefined ? [] : [kev.ransomware ? 'exploited (ransomware)' : 'exploited'];
  return [...known, ...score].join(', ');
}

function align(rows: readonly Row[]): string {
  const widths = (rows[0]?.cells ?? []).map((_, column) =>
    rows.reduce((width, { cells }) => Math.max(width, cells[column]?.length ?? 0), 0),
  );
  return rows
    .map(({ heading, cells }) => {
      const line = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
      return `${heading === undefined ? '' : `${heading}\n`}  ${line.trimEnd()}\n`;
    })
    .join('');
}

function countBySeverity(report: ScanReport): string {
  const open = listFindings(report).filter(({ finding }) => !isSuppressed(finding));
  const counts = Map.groupBy(open, ({ finding }) => finding.severity);
  return [...severities.toReversed(), 'unknown' as const]
    .flatMap((severity) => {
      const count = counts.get(severity)?.length ?? 0;
      return count === 0 ? [] : [`${count} ${severity}`];
    })
    .join(', ');
}

/** Grouped by reason: one unreadable ecosystem is one line, not a line a component. */
function formatUndecided(undecided: readonly Undecided[]): string {
  const groups = [...Map.groupBy(undecided, ({ reason }) => reason)];
  const lines = groups.slice(0, SHOWN_REASONS).map(([reason, group]) => {
    const [first] = group;
    const example = [first?.purl, first?.advisory].filter((part) => part !== undefined).join(', ');
    return `  ${group.length} × ${printable(reason)}, such as ${printable(example)}\n`;
  });
  const rest = groups.length > SHOWN_REASONS ? `  and ${groups.length - SHOWN_REASONS} more reasons\n` : '';
  return `Could not be decided:\n${lines.join('')}${rest}`;
}

function formatSuppressed(report: ScanReport): string {
  const lines = listFindings(report).flatMap(({ finding }) => {
    const why = describeSuppression(finding);
    return why === undefined
      ? []
      : [`  ${printable(`${finding.advisory} in ${finding.name} ${finding.version}: ${why}`)}\n`];
  });
  return lines.length === 0 ? '' : `Not counted:\n${lines.join('')}\n`;
}

/** Each line of one side of a comparison; the first of many. */
function formatOnly(who: string, lines: readonly string[]): string {
  const rest = lines.length > SHOWN_ONLY ? [`and ${lines.length - SHOWN_ONLY} more`] : [];
  return [...lines.slice(0, SHOWN_ONLY), ...rest].map((line) => `  only ${who}: ${printable(line)}\n`).join('');
}

function formatReports({ reports }: ScanReport): string {
  return reports
    .map(({ file, scanner, agreed, onlyTheirs, onlyOurs }) => {
      const head = `Held against ${scanner} (${file}): ${agreed.length} found by both, ${onlyTheirs.length} only there, ${onlyOurs.length} only here.`;
      const theirs = onlyTheirs.map(({ ids, purl, name, version, severity, fixedIn }) => {
        const where = purl ?? (name === '' ? 'a package that is not named' : `${name} ${version}`.trim());
        return `${severity} ${ids.join(', ')} in ${where}${fixedIn.length === 0 ? '' : `, fixed in ${fixedIn.join(', ')}`}`;
      });
      const ours = onlyOurs.map(({ severity, advisory, purl }) => `${severity} ${advisory} in ${purl}`);
      return `${printable(head)}\n${formatOnly('there', theirs)}${formatOnly('here', ours)}\n`;
    })
    .join('');
}

/** For people: what to upgrade and what that ends, then what does not count and what could not be decided, then the sum. */
export const writeTable: ScanWriter = (report) => {
  const rows = toRows(report);
  const components = report.platforms.reduce((sum, { source }) => sum + source.stock.components.length, 0);
  const undecided = report.platforms.flatMap(({ result }) => result.undecided);
  const nothing = describeNothing(report);
  const left = describeLeft(report);
  const sum =
    rows.length === 0
      ? nothing === undefined
        ? `No known vulnerability in ${plural(components, 'component')} of ${report.describe}.\n`
        : `${nothing.replace(/^n/, 'N')}.\n`
      : `${plural(rows.length, 'finding')} (${countBySeverity(report)}) in ${plural(components, 'component')} of ${report.describe}.\n`;
  return [
    rows.length === 0 ? '' : `${align(rows)}\n`,
    formatSuppressed(report),
    undecided.length === 0 ? '' : `${formatUndecided(undecided)}\n`,
    formatReports(report),
    left === undefined ? '' : `${printable(left)}.\n`,
    sum,
  ].join('');
};
