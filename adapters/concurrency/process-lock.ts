import { DatabaseSync } from 'node:sqlite';

/** SQLite's result codes (https://www.sqlite.org/rescode.html): another connection has the lock. */
const SQLITE_BUSY = 5;

/**
 * One process at a time: SQLite's lock on an empty database, which the system takes from a process that dies (a file that
 * names its holder would have to be taken over, and two can do so at once). Undefined while another has it, in this process
 * or in another of this machine.
 */
export function tryProcessLock(file: string): Disposable | undefined {
  const lock = new DatabaseSync(file);
  try {
    // Nothing is ever written into it: no journal lies beside it while it is held, or after its holder was killed.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => lock.close() };
  } catch (error) {
    lock.close();
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}
