import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGroupAlive, type ProcessIdentity } from './process-identity.ts';

const POLL_MS = 50;
/** After SIGKILL only the kernel is in the way. */
const KILL_WAIT_MS = 10_000;

/** Sends to the whole process group; nothing happens when it is already gone. */
export function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isGroupAlive(leader)) return;
  try {
    process.kill(-leader.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function gone(leader: ProcessIdentity, withinMs: number): Promise<boolean> {
  for (let waited = 0; waited < withinMs; waited += POLL_MS) {
    if (!isGroupAlive(leader)) return true;
    await sleep(POLL_MS);
  }
  return !isGroupAlive(leader);
}

/** Asks with `signal`, waits `graceMs`, then kills. Says how it ended; throws when even SIGKILL did not help. */
export async function stopProcess(
  leader: ProcessIdentity,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<'gone' | 'stopped' | 'killed'> {
  if (!isGroupAlive(leader)) return 'gone';
  signalGroup(leader, signal);
  if (await gone(leader, graceMs)) return 'stopped';
  signalGroup(leader, 'SIGKILL');
  if (await gone(leader, KILL_WAIT_MS)) return 'killed';
  throw new Error(`process ${leader.pid} does not end, not even by SIGKILL`);
}
