import { readFile, rm, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { tryProcessLock } from '../../adapters/concurrency/process-lock.ts';
import { identifyProcess, type ProcessIdentity } from './process/process-identity.ts';
import { StackError } from './stack-error.ts';
import type { StackHome } from './stack-home.ts';

async function holder(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** Runs `work` while no other process changes this stack; the lock of a holder that died is free. Throws BUSY. */
export async function withStackLock<T>(home: StackHome, work: () => Promise<T>): Promise<T> {
  const lock = tryProcessLock(home.lockFile);
  if (lock === undefined) {
    const other = await holder(home.lockHolderFile);
    throw new StackError(
      'BUSY',
      `another pratique${other === undefined ? '' : ` (pid ${other.pid})`} is starting or stopping the stack in ${home.dir}`,
      { hint: other === undefined ? 'try again in a moment' : `wait for it, or end it: kill ${other.pid}` },
    );
  }
  try {
    await writeFile(home.lockHolderFile, JSON.stringify(identifyProcess(process.pid)), { mode: 0o600 });
    return await work();
  } finally {
    await rm(home.lockHolderFile, { force: true });
    lock[Symbol.dispose]();
  }
}
