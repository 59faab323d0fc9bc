/** Rows as lines, columns wide enough for their widest cell, two spaces between: for tables of thousands of rows. */
export function formatAligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) => alignedLine(row, widths)).join('');
}

/** One of them, with the widths of its columns in characters. */
export function alignedLine(row: readonly string[], widths: readonly number[]): string {
  return `${row
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd()}\n`;
}
