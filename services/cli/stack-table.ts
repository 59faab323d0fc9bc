import type { PartStatus } from '../../infra/dev/stack-status.ts';
import type { CliIo } from './io.ts';
import { createStyle, formatTime } from './style.ts';
import { formatTable } from './text-table.ts';

/** The parts of the stack, a line each, unhealthy ones with their reason; below, how those ended that did. */
export function formatStackTable(parts: readonly PartStatus[], io: CliIo): string {
  const rows = parts.map(({ name, address, version, healthy, pid, reason, restarts }) => [
    name,
    address,
    version,
    healthy ? 'yes' : `no: ${reason ?? 'unknown'}`,
    pid === null ? '-' : String(pid),
    String(restarts),
  ]);
  const style = createStyle(io, false);
  const ends = parts.flatMap(({ name, lastExit, pid, log }) => {
    if (lastExit === null) return [];
    const { at, how } = lastExit;
    return [`${name} ended ${formatTime(at, style)}, ${how}; its log: ${pid === null ? log : `${log}.1`}\n`];
  });
  return `${formatTable(['PART', 'ADDRESS', 'VERSION', 'HEALTHY', 'PID', 'RESTARTS'], rows)}${ends.join('')}`;
}
