import { spawnSync } from 'node:child_process';
import process from 'node:process';

export interface Measurement {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of processor time, of the program and its children. */
  readonly cpu: number;
  /** MiB at the most, threads included (wait4's ru_maxrss). */
  readonly peak: number;
}

/** Node does not tell what a child used; Python's standard library does. */
const waiter = `
import os, sys, time, json
started = time.monotonic()
pid = os.fork()
if pid == 0:
    os.dup2(2, 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
print(json.dumps([time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status)]))
`;

/** Runs a program to its end. Throws where it fails. */
export function measure(command: readonly string[], env: Readonly<Record<string, string>>): Measurement {
  const { stdout, stderr } = spawnSync('python3', ['-c', waiter, ...command], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const [wall = 0, cpu = 0, kibibytes = 0, code = -1] = JSON.parse(stdout || '[]') as number[];
  if (code !== 0) throw new Error(`${command.join(' ')}: exit code ${code}: ${stderr.slice(-2000)}`);
  return { wall, cpu, peak: kibibytes / 1024 };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
