/** One process at a time changes an index: each works on a copy, and the last to put its own in place would win. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

const RETRY_MS = 100;
/** SQLite's result codes (https://www.sqlite.org/rescode.html): another connection has the lock. */
const SQLITE_BUSY = 5;

export interface IndexLockOptions {
  readonly signal: AbortSignal;
  /** Called once, where another process has it. */
  readonly onWait: () => void;
}

/**
 * Runs `work` while nobody else changes the index: holds SQLite's lock on an empty database beside it, which the system takes
 * from a process that dies. Waits for as long as the other takes; throws the signal's reason.
 */
export async function withIndexLock<T>(file: string, options: IndexLockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true });
  const lock = new DatabaseSync(`${file}.lock`);
  try {
    for (let isFirst = true; !tryLock(lock); isFirst = false) {
      if (isFirst) options.onWait();
      await delay(RETRY_MS, undefined, { signal: options.signal });
    }
    return await work();
  } finally {
    lock.close();
  }
}

function tryLock(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
