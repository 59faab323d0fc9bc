import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstalledPart, Log, Part, RunContext } from './part.ts';
import { isSameProcessAlive, type ProcessIdentity } from './process/process-identity.ts';
import { type StartedProcess, startProcess } from './process/start-process.ts';
import { stopProcess } from './process/stop-process.ts';
import { StackError } from './stack-error.ts';

const HEALTHY_WITHIN_MS = 90_000;
const POLL_MS = 100;
const HEARTBEAT_MS = 5_000;
const TAIL_LINES = 12;

async function logTail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

async function waitUntilHealthy(
  part: Part,
  context: RunContext,
  identity: ProcessIdentity | undefined,
  signal: AbortSignal,
): Promise<void> {
  const started = Date.now();
  let beat = started;
  for (;;) {
    if (signal.aborted) throw new StackError('INTERRUPTED', `${part.name}: interrupted while starting`);
    let reason: string;
    try {
      await part.checkHealth(context);
      return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    const logFile = context.home.logFile(part.name);
    if (identity !== undefined && !isSameProcessAlive(identity))
      throw new StackError('START_FAILED', `${part.name} ended while starting\n${await logTail(logFile)}`, {
        hint: `its whole log: ${logFile}`,
      });
    if (identity === undefined)
      throw new StackError(
        'START_FAILED',
        `${part.name} at ${part.address(context.ports)} does not answer: ${reason}`,
        {
          hint: 'it is not started here: check DATABASE_URL',
        },
      );
    if (Date.now() - started > HEALTHY_WITHIN_MS)
      throw new StackError('START_FAILED', `${part.name} does not answer: ${reason}`, { hint: `its log: ${logFile}` });
    if (Date.now() - beat > HEARTBEAT_MS) {
      beat = Date.now();
      context.log(`${part.name}: starting ... ${Math.round((beat - started) / 1000)} s`);
    }
    await sleep(POLL_MS);
  }
}

/**
 * Configures, starts and waits until it serves. `onStarted` is called at once with the new process, so that it is on
 * record before anything else can fail. Throws START_FAILED with the end of the log; a process that never got healthy
 * is stopped again.
 */
export async function startPart(options: {
  readonly part: Part;
  readonly installed: InstalledPart;
  readonly context: RunContext;
  readonly signal: AbortSignal;
  /** Null for a server that somebody else runs. */
  readonly onStarted: (started: StartedProcess | null) => void;
  readonly log: Log;
}): Promise<void> {
  const { part, installed, context, signal } = options;
  const begun = Date.now();
  const launch = await installed.configure(context);
  if (launch === undefined) {
    options.onStarted(null);
    await waitUntilHealthy(part, context, undefined, signal);
    return;
  }
  const started = await startProcess(launch, context.home.logFile(part.name));
  const { identity } = started;
  options.onStarted(started);
  try {
    await waitUntilHealthy(part, context, identity, signal);
  } catch (error) {
    await stopProcess(identity, part.stopSignal, 2_000);
    throw error;
  }
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  options.log(`${part.name}: ${installed.version} at ${part.address(context.ports)} (${seconds} s)`);
}
