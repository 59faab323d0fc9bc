import Table from 'cli-table3';

const EDGES = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
] as const;

/** Columns under their heads, two spaces between, no lines: each row ends in a newline and has no spaces at its end. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return align([[...head], ...rows]);
}

/** The same without a head, moved in by `indent` spaces. */
export function formatRows(rows: readonly (readonly string[])[], indent = 2): string {
  return align(rows).replace(/^(?=.)/gm, ' '.repeat(indent));
}

function align(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const table = new Table({
    chars: Object.fromEntries(EDGES.map((edge) => [edge, edge === 'middle' ? '  ' : ''])),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  for (const row of rows) table.push([...row]);
  return `${table.toString().replace(/ +$/gm, '')}\n`;
}
