/** Tables for comments on pull requests: names in them come from artifacts. */
import { printable } from './printable.ts';

/** A comment on GitHub ends at 65,536 characters. */
export const MAX_COMMENT_CHARACTERS = 60_000;
/** Longer tables are folded. */
const OPEN_ROWS = 20;

/** A heading and rows, folded where they are long; none where there are no rows. `left` is what a comment still holds. */
export function markdownTable(
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

/** Text between backticks. */
export function inlineCode(text: string): string {
  return `\`${printable(text).replaceAll('`', "'")}\``;
}
