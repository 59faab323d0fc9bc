import { printable } from '../printable.ts';
import { type DiffReport, summarise } from './diff-report.ts';
import { advisoryRows, componentRows } from './rows.ts';

/** A comment on GitHub ends at 65,536 characters. */
const MAX_CHARACTERS = 60_000;
/** Longer tables are folded. */
const OPEN_ROWS = 20;

/** For a pull request: a heading, what failed, and tables that fold when they are long. */
export function formatDiffMarkdown(report: DiffReport): string {
  const { before, after, failed, counts } = report;
  const isIncomplete = !before.complete || !after.complete;
  const lines = [
    `### Components: ${summarise(report)}\n`,
    `\`${code(before.named)}\` (${before.components}) → \`${code(after.named)}\` (${after.components})\n`,
    ...(failed.length === 0
      ? []
      : [`**Not allowed here:** ${failed.map((kind) => `${counts[kind]} ${kind}`).join(', ')}\n`]),
    ...(isIncomplete ? ['**Not everything could be read:** components may be missing from this list.\n'] : []),
  ];
  const left = { characters: MAX_CHARACTERS };
  return [
    ...lines,
    ...table('Components', ['', 'type', 'name', 'before', 'after', 'licence'], componentRows(report), left),
    ...table('Advisories', ['', 'severity', 'id', 'name', 'version', 'fixed in'], advisoryRows(report), left),
  ].join('\n');
}

function table(
  title: string,
  head: readonly string[],
  rows: readonly string[][],
  left: { characters: number },
): string[] {
  if (rows.length === 0) return [];
  const shown: string[] = [];
  for (const row of rows) {
    const line = `| ${row.map(escapeCell).join(' | ')} |`;
    left.characters -= line.length;
    if (left.characters < 0) break;
    shown.push(line);
  }
  const more = shown.length < rows.length ? `\nand ${rows.length - shown.length} more rows\n` : '';
  const body = `| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}\n${shown.join('\n')}\n${more}`;
  if (rows.length <= OPEN_ROWS) return [body];
  return [`<details><summary>${title}: ${rows.length}</summary>\n\n${body}\n</details>\n`];
}

/** Names come from artifacts: nothing in them may be a link, an image, a mention or a tag. */
function escapeCell(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_{}[\]()#|~!]/g, '\\$&')
    .replaceAll('@', '@<!-- -->')
    .replaceAll('://', ':<!-- -->//')
    .replaceAll(/\bwww\./gi, 'www<!-- -->.');
}

function code(text: string): string {
  return printable(text).replaceAll('`', "'");
}
