import type { PartStatus } from '../../infra/dev/stack-status.ts';
import type { CliIo } from './io.ts';
import { createStyle, formatTime } from './style.ts';
import { formatTable } from './text-table.ts';

/** The parts of the stack, a line each, unhealthy ones with their reason; below, how those ended that did. */
export function formatStackTable(parts: readonly PartStatus[], io: CliIo): string {
  const style = createStyle(io, false);
  const why = ({ reason, since }: PartStatus) =>
    `no: ${reason ?? 'unknown'}${since === undefined ? '' : `, since ${formatTime(since, style)}`}`;
  const rows = parts.map((part) => [
    part.name,
    part.address,
    part.version,
    part.healthy ? 'yes' : why(part),
    part.pid === null ? '-' : String(part.pid),
    String(part.restarts),
  ]);
  const ends = parts.flatMap(({ name, lastExit, pid, log }) => {
    if (lastExit === null) return [];
    const { at, how } = lastExit;
    return [`${name} ended ${formatTime(at, style)}, ${how}; its log: ${pid === null ? log : `${log}.1`}\n`];
  });
  return `${formatTable(['PART', 'ADDRESS', 'VERSION', 'HEALTHY', 'PID', 'RESTARTS'], rows)}${ends.join('')}`;
}
