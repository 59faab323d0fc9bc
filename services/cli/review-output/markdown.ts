import { inlineCode, MAX_COMMENT_CHARACTERS, markdownTable } from '../markdown-table.ts';
import { printable } from '../printable.ts';
import { concernRows, type ReviewReport, summarise } from './review-report.ts';

/** For a pull request: a heading, a table that folds when it is long, what was not checked. */
export function formatReviewMarkdown(report: ReviewReport): string {
  const left = { characters: MAX_COMMENT_CHARACTERS };
  const notes = report.unchecked.map((note) => `- ${printable(note)}`).join('\n');
  return [
    `### Dependencies: ${summarise(report)}\n`,
    `${inlineCode(report.base)} → ${inlineCode(report.head)}\n`,
    ...(report.complete ? [] : ['**Not everything could be read:** packages may be missing from this list.\n']),
    ...markdownTable('Concerns', ['level', 'rule', 'package', 'what', 'where'], concernRows(report), left),
    ...(notes === '' ? [] : [`<details><summary>Not checked</summary>\n\n${notes}\n</details>\n`]),
  ].join('\n');
}
