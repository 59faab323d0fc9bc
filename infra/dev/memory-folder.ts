import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import process from 'node:process';

/** shm_overview(7) */
const FOLDER = '/dev/shm';
/** tmpfs(5), as statfs(2) tells it. */
const TMPFS_MAGIC = 0x01021994;

/** What is asked of the machine. */
export interface Machine {
  /** Type and free bytes of the file system. Throws where there is no such folder, or it may not be written. */
  folder(path: string): { readonly type: number; readonly free: number };
  /** mount(8)'s options, of `/proc/mounts`. */
  mounts(): string;
  /** Bytes this process may still have: of the machine, or of the container it is in. */
  available(): number;
}

const thisMachine: Machine = {
  folder(path) {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const { type, bavail, bsize } = statfsSync(path);
    return { type, free: bavail * bsize };
  },
  mounts: () => readFileSync('/proc/mounts', 'utf8'),
  available: () => process.availableMemory(),
};

/**
 * A folder in memory for what makes and removes tens of thousands of files, where there is one with room for `bytes`, as much
 * memory again is left, and programs in it may be run. On ext4 without a journal, as small virtual machines have it, the kernel
 * passes over every inode that was removed in the last minutes before it gives out one: a file takes up to twenty times as long
 * to make (`recently_deleted`, fs/ext4/ialloc.c).
 */
export function memoryFolder(bytes: number, machine: Machine = thisMachine): string | undefined {
  try {
    const { type, free } = machine.folder(FOLDER);
    const mount = machine
      .mounts()
      .split('\n')
      .map((line) => line.split(' '))
      .findLast(([, at]) => at === FOLDER);
    const isForPrograms = mount !== undefined && !mount[3]?.split(',').includes('noexec');
    return type === TMPFS_MAGIC && isForPrograms && free >= bytes && machine.available() >= 2 * bytes
      ? FOLDER
      : undefined;
  } catch {
    return undefined;
  }
}
