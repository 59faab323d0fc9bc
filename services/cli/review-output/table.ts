import { printable } from '../printable.ts';
import { formatTable } from '../text-table.ts';
import { concernRows, type ReviewReport, summarise } from './review-report.ts';

/** For people: a line a concern, what was not checked, the sum. */
export function formatReviewTable(report: ReviewReport): string {
  const rows = concernRows(report).map((row) => row.map((cell) => printable(cell)));
  const unchecked = report.unchecked.map((note) => `  ${printable(note)}\n`).join('');
  return [
    rows.length === 0 ? '' : `${formatTable(['LEVEL', 'RULE', 'PACKAGE', 'WHAT', 'WHERE'], rows)}\n`,
    unchecked === '' ? '' : `Not checked:\n${unchecked}\n`,
    `${summarise(report)}\n`,
  ].join('');
}
