import { spawn } from 'node:child_process';
import process from 'node:process';

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
  /** Bytes of stdout. */
  readonly maxOutput: number;
  readonly signal: AbortSignal;
}

interface ProcessPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Sees stdout and stderr as they come; stdout is then neither kept nor limited. */
  readonly watch?: (chunk: Buffer) => void;
}

const STDERR_KEPT = 8192;

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
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let stderr = '';
  let ended: ProcessOutcome['ended'] = 'exited';
  const kill = (reason: ProcessOutcome['ended']) => {
    if (ended === 'exited') ended = reason;
    killGroup(child.pid);
  };
  const timer = setTimeout(() => kill('timeout'), options.timeoutMs);
  const abort = () => kill('aborted');
  options.signal.addEventListener('abort', abort, { once: true });
  child.stdout.on('data', (chunk: Buffer) => {
    if (options.watch !== undefined) return options.watch(chunk);
    size += chunk.length;
    if (size > options.maxOutput) kill('output-limit');
    else chunks.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    options.watch?.(chunk);
    stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_KEPT);
  });
  try {
    const exit = await new Promise<number | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? undefined));
    });
    return { exit, ended, stdout: Buffer.concat(chunks), stderr };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', abort);
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
