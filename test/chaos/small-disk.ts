/**
 * A disk of their own for Postgres, Kafka and Temporal, small enough to fill: a tmpfs over the home's data folder. Not for
 * the registry: distribution's filesystem driver writes in place, and what a full disk cuts short it serves as HTTP 500 for
 * ever after, also when the same bytes are pushed again. Only somebody who deletes those files can mend that.
 */
import { execFile } from 'node:child_process';
import { mkdir, open, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stackHome } from '../../infra/dev/stack-home.ts';

const run = promisify(execFile);

export interface SmallDisk {
  /** Until `free`, whoever writes hears ENOSPC: everything that was left is taken. */
  fill(): Promise<void>;
  free(): Promise<void>;
  /** After everything on it has ended; a second time it does nothing. */
  unmount(): Promise<void>;
}

const SIZE = '4g';
const BLOCK = Buffer.alloc(1024 * 1024);

/** Undefined where this process may not mount (not root, or a container without the capability). */
export async function mountSmallDisk(dir: string): Promise<SmallDisk | undefined> {
  const place = stackHome(join(dir, 'home')).dataDir('');
  await mkdir(place, { recursive: true });
  let isMounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0711`, 'pratique-chaos', place]).then(
    () => true,
    () => false,
  );
  if (!isMounted) return undefined;
  const elsewhere = join(dir, 'registry');
  await mkdir(elsewhere);
  await symlink(elsewhere, join(place, 'registry'));
  const filler = join(place, 'filler');
  return {
    async fill() {
      const file = await open(filler, 'w');
      try {
        // Whole blocks, then single pages.
        for (const block of [BLOCK, BLOCK.subarray(0, 4096)]) await writeUntilFull(file, block);
      } finally {
        await file.close();
      }
    },
    free: () => rm(filler, { force: true }),
    unmount: async () => {
      if (isMounted) await run('umount', ['--lazy', place]);
      isMounted = false;
    },
  };
}

async function writeUntilFull(file: Awaited<ReturnType<typeof open>>, block: Buffer): Promise<void> {
  for (;;) {
    const written = await file.write(block).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOSPC') return undefined;
      throw error;
    });
    if (written === undefined || written.bytesWritten < block.length) return;
  }
}
