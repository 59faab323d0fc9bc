import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in these (`sysconf(_SC_CLK_TCK)`). */
const TICKS_PER_SECOND = 100;

export interface Usage {
  /** Seconds of CPU since its start, of the process and its children, ended ones included. */
  readonly cpuSeconds: number;
  /** Resident memory now, of the process and its children; shared pages count once per process that shares them, in part. */
  readonly memoryMiB: number;
}

/** proc(5): one process and its children. Zeros where it is gone. */
export function readUsage(pid: number): Usage {
  let ticks = 0;
  let kibibytes = 0;
  for (const member of [pid, ...childrenOf(pid)])
    try {
      // utime, stime, and of the root those of children it waited for: fields 14 to 17; the name before them may hold spaces.
      const stat = readFileSync(`/proc/${member}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const times = fields.slice(11, member === pid ? 15 : 13);
      ticks += times.reduce((sum, field) => sum + Number(field), 0);
      // Proportional: what Postgres' processes share is not counted for each.
      const pss = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${member}/smaps_rollup`, 'utf8'))?.[1];
      kibibytes += Number(pss ?? 0);
    } catch {
      // Ended between the listing and the reading.
    }
  return { cpuSeconds: ticks / TICKS_PER_SECOND, memoryMiB: kibibytes / 1024 };
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
