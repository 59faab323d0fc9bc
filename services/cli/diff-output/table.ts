import { formatAligned } from '../aligned-table.ts';
import { printable } from '../printable.ts';
import { type DiffReport, summarise } from './diff-report.ts';
import { advisoryRows, componentRows } from './rows.ts';

const MAX_LICENCE_LENGTH = 60;

/** For a terminal: what differs, then one line that counts. */
export function formatDiffTable(report: DiffReport): string {
  const rows = componentRows(report).map((row) => row.map((cell) => printable(shorten(cell))));
  const advisories = advisoryRows(report).map((row) => row.map(printable));
  const parts = [
    ...(rows.length === 0 ? [] : [formatAligned([['CHANGE', 'TYPE', 'NAME', 'BEFORE', 'AFTER', 'LICENCE'], ...rows])]),
    ...(advisories.length === 0
      ? []
      : [formatAligned([['ADVISORY', 'SEVERITY', 'ID', 'NAME', 'VERSION', 'FIXED IN'], ...advisories])]),
    `${summarise(report)}\n`,
  ];
  return parts.join('\n');
}

function shorten(cell: string): string {
  return cell.length > MAX_LICENCE_LENGTH ? `${cell.slice(0, MAX_LICENCE_LENGTH - 1)}…` : cell;
}
