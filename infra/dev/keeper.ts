/** The process beside a detached stack that starts services again when they end (supervisor.ts). */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isSameProcessAlive } from './process/process-identity.ts';
import { startProcess } from './process/start-process.ts';
import { stopProcess } from './process/stop-process.ts';
import type { StackHome } from './stack-home.ts';
import { readStackRecord, type StackRecord, writeStackRecord } from './stack-record.ts';

/** It gives up a start that is under way at once. */
const GRACE_MS = 5_000;

/** Before anything else changes the stack: it would start again what is being stopped. Says whether there was one. */
export async function stopKeeper(home: StackHome): Promise<boolean> {
  const keeper = (await readStackRecord(home))?.keeper;
  if (keeper === undefined || keeper.pid === process.pid) return false;
  await stopProcess(keeper, 'SIGTERM', GRACE_MS);
  return true;
}

/** Under the stack's lock, with no other keeper alive. Returns the record with it. */
export async function startKeeper(home: StackHome, cacheDir: string, record: StackRecord): Promise<StackRecord> {
  const entry = fileURLToPath(new URL('supervisor.ts', import.meta.url));
  const { identity } = await startProcess(
    {
      command: process.execPath,
      args: [entry, home.dir, cacheDir],
      // What it starts gets the same as from the `up` that was typed.
      env: Object.fromEntries(
        Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
      cwd: home.dir,
    },
    home.logFile('supervisor'),
  );
  const kept = { ...record, keeper: identity };
  writeStackRecord(home, kept);
  return kept;
}

/** False where services are meant to be started again, and nobody is there to do it. */
export function isKeeperMissing({ keeper }: StackRecord): boolean {
  return keeper !== undefined && !isSameProcessAlive(keeper);
}
