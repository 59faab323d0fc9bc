import { readdirSync, readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** A process, told apart from a later one that was given the same pid (proc(5), `/proc/<pid>/stat` field 22). */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
  readonly bootId: string;
}

interface Stat {
  readonly state: string;
  readonly processGroup: number;
  readonly startTime: string;
}

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses, and may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, , processGroup] = fields;
  const startTime = fields[19];
  if (state === undefined || processGroup === undefined || startTime === undefined) return undefined;
  return { state, processGroup: Number(processGroup), startTime };
}

// Dead but not yet collected by their parent: in a container without an init they stay for ever.
const GONE = new Set(['Z', 'X']);

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Undefined when no such process runs. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat === undefined || GONE.has(stat.state) ? undefined : { pid, startTime: stat.startTime, bootId: bootId() };
}

/** The kernel tells times to user space in these, on every platform Node.js runs on (sysconf(3), _SC_CLK_TCK). */
const TICKS_PER_SECOND = 100;

/** How long ago the process was started, in milliseconds; 0 for one that was gone before it could be identified. */
export function livedMs({ startTime }: ProcessIdentity): number {
  const started = Number(startTime) / TICKS_PER_SECOND;
  return Number.isFinite(started) ? Math.max(0, uptime() - started) * 1000 : 0;
}

/** True only for the very process that was identified. */
export function isSameProcessAlive(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now !== undefined && now.startTime === identity.startTime && now.bootId === identity.bootId;
}

/**
 * True while any process of the group that `leader` founded runs, the leader itself or what it left behind. A pid is
 * not given out again while a group carries its number, so a stranger under the leader's pid means the group is gone.
 */
export function isGroupAlive(leader: ProcessIdentity): boolean {
  if (isSameProcessAlive(leader)) return true;
  if (leader.bootId !== bootId() || identifyProcess(leader.pid) !== undefined) return false;
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    const stat = readStat(Number(name));
    return stat !== undefined && stat.processGroup === leader.pid && !GONE.has(stat.state);
  });
}
