import type { PartStatus } from '../../infra/dev/stack-status.ts';

/** The parts of the stack as aligned text, one line each, ending in a newline; unhealthy ones with their reason. */
export function formatStackTable(parts: readonly PartStatus[]): string {
  const rows = [
    ['PART', 'ADDRESS', 'VERSION', 'HEALTHY', 'PID'],
    ...parts.map(({ name, address, version, healthy, pid, reason }) => [
      name,
      address,
      version,
      healthy ? 'yes' : `no: ${reason ?? 'unknown'}`,
      pid === null ? '-' : String(pid),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`).join('');
}
