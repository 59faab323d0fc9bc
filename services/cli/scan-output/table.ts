import type { Undecided } from '../../../domain/advisory/finding.ts';
import { severities } from '../../../domain/advisory/finding.ts';
import { printable } from '../printable.ts';
import { formatLocation, listFindings, type ScanReport, type ScanWriter } from './scan-report.ts';

const HEADER = ['SEVERITY', 'COMPONENT', 'VERSION', 'FIXED IN', 'ADVISORY', 'WHERE'];
const SHOWN_REASONS = 10;

function toRows(report: ScanReport): string[][] {
  const several = report.platforms.length > 1;
  return listFindings(report).map(({ finding, platform }) => {
    const [first] = finding.locations;
    const more = finding.locations.length > 1 ? ` (+${finding.locations.length - 1})` : '';
    const where = first === undefined ? '-' : `${formatLocation(first)}${more}`;
    const cve = [...finding.aliases, ...(finding.upstream ?? [])].find((id) => id.startsWith('CVE-'));
    const score = finding.score === undefined ? '' : ` ${finding.score.toFixed(1)}`;
    return [
      `${finding.severity}${score}`,
      finding.name,
      finding.version,
      finding.fixedIn ?? '-',
      cve === undefined ? finding.advisory : `${finding.advisory} (${cve})`,
      several && platform !== undefined ? `${platform} ${where}` : where,
    ].map((cell) => printable(cell));
  });
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function countBySeverity(report: ScanReport): string {
  const counts = Map.groupBy(listFindings(report), ({ finding }) => finding.severity);
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

/** For people: a line a finding, then what could not be decided, then the sum. */
export const writeTable: ScanWriter = (report) => {
  const rows = toRows(report);
  const components = report.platforms.reduce((sum, { source }) => sum + source.stock.components.length, 0);
  const undecided = report.platforms.flatMap(({ result }) => result.undecided);
  const sum =
    rows.length === 0
      ? `No known vulnerability in ${components} components of ${report.describe}.\n`
      : `${rows.length} findings (${countBySeverity(report)}) in ${components} components of ${report.describe}.\n`;
  return [
    rows.length === 0 ? '' : `${align([HEADER, ...rows])}\n`,
    undecided.length === 0 ? '' : `${formatUndecided(undecided)}\n`,
    sum,
  ].join('');
};
