import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

const command = path.resolve(import.meta.dirname, '../../../pratique');
/**
 * Told by the process itself at its end, on a stream of its own: what it was at the most, its threads included (proc(5), VmHWM),
 * and the processor time of all its threads. What wait4 tells includes what whoever started it was before that.
 */
const usageAtExit =
  "data:text/javascript,import{readFileSync,writeSync}from'node:fs';process.on('exit',()=>{const{user,system}=process.cpuUsage();writeSync(3,JSON.stringify([+readFileSync('/proc/self/status','utf8').match(/VmHWM:%5Cs*(%5Cd+)/)[1],user+system]))})";
/** Only so that nothing runs for ever. */
const WATCHDOG_MS = 240_000;

export interface CommandEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** MiB of resident memory at the most; NaN where the process was killed. */
  readonly peak: number;
  /** Seconds of processor time; NaN where the process was killed. */
  readonly cpu: number;
}

/** Runs `pratique` as a process, with a cache of its own in `folder`. */
export async function runCommand(args: readonly string[], folder: string): Promise<CommandEnd> {
  const child = spawn(command, args, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      PRATIQUE_CACHE_DIR: path.join(folder, 'cache'),
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      NODE_OPTIONS: `--import=${usageAtExit}`,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: WATCHDOG_MS,
    killSignal: 'SIGKILL',
  });
  const [out, err, usage, [code]] = await Promise.all([
    text(child.stdio[1] as Readable),
    text(child.stdio[2] as Readable),
    text(child.stdio[3] as Readable),
    once(child, 'exit'),
  ]);
  const [kibibytes = Number.NaN, microseconds = Number.NaN] = JSON.parse(usage || '[]') as number[];
  return { code: code as number | null, out, err, peak: kibibytes / 1024, cpu: microseconds / 1e6 };
}
