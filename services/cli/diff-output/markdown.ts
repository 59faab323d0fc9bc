import { inlineCode, MAX_COMMENT_CHARACTERS, markdownTable } from '../markdown-table.ts';
import { type DiffReport, summarise } from './diff-report.ts';
import { advisoryRows, componentRows } from './rows.ts';

/** For a pull request: a heading, what failed, and tables that fold when they are long. */
export function formatDiffMarkdown(report: DiffReport): string {
  const { before, after, failed, counts } = report;
  const isIncomplete = !before.complete || !after.complete;
  const lines = [
    `### Components: ${summarise(report)}\n`,
    `${inlineCode(before.named)} (${before.components}) → ${inlineCode(after.named)} (${after.components})\n`,
    ...(failed.length === 0
      ? []
      : [`**Not allowed here:** ${failed.map((kind) => `${counts[kind]} ${kind}`).join(', ')}\n`]),
    ...(isIncomplete ? ['**Not everything could be read:** components may be missing from this list.\n'] : []),
  ];
  const left = { characters: MAX_COMMENT_CHARACTERS };
  return [
    ...lines,
    ...markdownTable('Components', ['', 'type', 'name', 'before', 'after', 'licence'], componentRows(report), left),
    ...markdownTable('Advisories', ['', 'severity', 'id', 'name', 'version', 'fixed in'], advisoryRows(report), left),
  ].join('\n');
}
