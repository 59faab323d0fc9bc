import { closeSync, lstatSync, openSync, rmSync } from 'node:fs';
import { tryProcessLock } from './process-lock.ts';

/**
 * A process lock whose file is there for as long as it is held, for folders that belong to somebody else. A file that a killed
 * process left behind is nobody's lock, and is taken; undefined while another has it. Whoever opened the file before it was
 * removed has a lock on nothing: the place is compared before and after. Throws where a link is in its place.
 */
export function tryPassingLock(file: string): Disposable | undefined {
  create(file);
  const before = placeOf(file);
  if (before === undefined) return undefined;
  const lock = tryProcessLock(file);
  if (lock === undefined) return undefined;
  if (placeOf(file) !== before) {
    lock[Symbol.dispose]();
    return undefined;
  }
  return {
    [Symbol.dispose]() {
      rmSync(file, { force: true });
      lock[Symbol.dispose]();
    },
  };
}

/** Only a new file is opened here: to close one that is locked by this process would give up its lock (fcntl, POSIX). */
function create(file: string): void {
  try {
    closeSync(openSync(file, 'wx'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Which file is there, in a word: numbers of files are used again, times of birth are not. */
function placeOf(file: string): string | undefined {
  const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  if (stat?.isFile() === false) throw new Error(`${file} is no file of its own`);
  return stat === undefined ? undefined : `${stat.dev} ${stat.ino} ${stat.birthtimeNs}`;
}
