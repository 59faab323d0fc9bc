import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import type { Readable } from 'node:stream';

export interface ProcessOutcome {
  readonly exit: number | undefined;
  /** Why we killed it, if we did. */
  readonly ended: 'exited' | 'timeout' | 'aborted' | 'output-limit';
  readonly stdout: Buffer;
  /** The last 8 KiB. */
  readonly stderr: string;
}

export interface ProcessLimits {
  readonly timeoutMs: number;
  /** Bytes of what is printed. */
  readonly maxOutput: number;
  readonly signal: AbortSignal;
}

interface ProcessPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Sees stdout and stderr as they come; stdout is then not kept, and the limit is for both together. */
  readonly watch?: (chunk: Buffer) => void;
}

const STDERR_KEPT = 8192;
/** How long after its end a process's output is still read: what it left running may hold the pipes open for ever. */
const DRAIN_MS = 2000;

/**
 * Runs one command with exactly `env`, in a process group of its own that is killed as a whole when time, output or the caller
 * says so. Never throws for what the command does; throws where it cannot be started.
 */
export async function runProcess(
  argv: readonly [string, ...string[]],
  options: ProcessLimits & ProcessPlace,
): Promise<ProcessOutcome> {
  const [file, ...args] = argv;
  options.signal.throwIfAborted();
  const nothing = openSync('/dev/null', 'r+');
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...coverInherited(nothing)],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  closeSync(nothing);
  const chunks: Buffer[] = [];
  let size = 0;
  let stderr = '';
  let ended: ProcessOutcome['ended'] = 'exited';
  const kill = (reason: ProcessOutcome['ended']) => {
    if (ended === 'exited') ended = reason;
    killGroup(child.pid);
  };
  const timer = setTimeout(() => kill('timeout'), options.timeoutMs);
  let drain: NodeJS.Timeout | undefined;
  const abort = () => kill('aborted');
  options.signal.addEventListener('abort', abort, { once: true });
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > options.maxOutput) kill('output-limit');
    else if (options.watch === undefined) chunks.push(chunk);
    else options.watch(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (options.watch !== undefined) {
      size += chunk.length;
      if (size > options.maxOutput) return kill('output-limit');
      options.watch(chunk);
    }
    stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_KEPT);
  });
  try {
    const exit = await new Promise<number | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? undefined));
      child.once('exit', (code) => {
        drain = setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
          resolve(code ?? undefined);
        }, DRAIN_MS);
      });
    });
    return { exit, ended, stdout: Buffer.concat(chunks), stderr };
  } finally {
    clearTimeout(timer);
    clearTimeout(drain);
    options.signal.removeEventListener('abort', abort);
  }
}

/**
 * What stands in the place of files that we were started with beyond the three standard ones, and that a child would get from
 * us: `nothing`. Files that Node opens itself are closed in a child (O_CLOEXEC, open(2)).
 */
function coverInherited(nothing: number): (number | 'ignore')[] {
  const covers: (number | 'ignore')[] = [];
  for (const name of readdirIfThere('/proc/self/fdinfo')) {
    const fd = Number(name);
    const flags = fd > 2 ? /^flags:\s*([0-7]+)$/m.exec(readIfThere(`/proc/self/fdinfo/${name}`))?.[1] : undefined;
    if (flags === undefined || (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0) continue;
    while (covers.length < fd - 3) covers.push('ignore');
    covers[fd - 3] = nothing;
  }
  return covers;
}

/** Linux on the processors Node runs on. */
const O_CLOEXEC = 0o2000000;

function readdirIfThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** SIGKILL to the whole group; a group that is already gone is what was wanted. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
