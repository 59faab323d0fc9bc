import { open, readFile, rm } from 'node:fs/promises';
import process from 'node:process';
import { identifyProcess, isSameProcessAlive, type ProcessIdentity } from './process/process-identity.ts';
import { StackError } from './stack-error.ts';
import type { StackHome } from './stack-home.ts';

async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(JSON.stringify(identifyProcess(process.pid)));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function holder(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** Runs `work` while no other process changes this stack; a lock whose holder is dead is taken over. Throws BUSY. */
export async function withStackLock<T>(home: StackHome, work: () => Promise<T>): Promise<T> {
  if (!(await create(home.lockFile))) {
    const other = await holder(home.lockFile);
    if (other !== undefined && isSameProcessAlive(other))
      throw new StackError(
        'BUSY',
        `another pratique (pid ${other.pid}) is starting or stopping the stack in ${home.dir}`,
        {
          hint: `wait for it, or end it: kill ${other.pid}`,
        },
      );
    await rm(home.lockFile, { force: true });
    if (!(await create(home.lockFile)))
      throw new StackError('BUSY', `another pratique is starting or stopping the stack in ${home.dir}`, {
        hint: 'try again in a moment',
      });
  }
  try {
    return await work();
  } finally {
    await rm(home.lockFile, { force: true });
  }
}
