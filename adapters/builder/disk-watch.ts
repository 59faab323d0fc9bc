import { statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { BuildError } from '../../domain/building/builder.ts';
import { runProcess } from '../git/run-process.ts';
import { openFolders } from './workspace.ts';

/** What stays free for everybody else on the disk, whoever took the rest. */
const RESERVE = 512 * 1024 ** 2;
/** Milliseconds between two looks; counting a large tree is given ten times its own time of rest. */
const LOOK_MS = 250;
const REST = 10;
const COUNT_MS = 300_000;

export interface DiskWatch {
  /** Aborted with a BuildError RECIPE_OVER_LIMIT when there is more in the folder than it may hold, or the disk is nearly full. */
  readonly full: AbortSignal;
  /** Looks once more; throws the same error. */
  check(): Promise<void>;
  stop(): void;
}

/** Watches how much a folder takes on disk. Files that are deleted and still open count as the disk's free space shows them. */
export function watchDisk(folder: string, maxBytes: number): DiskWatch {
  const full = new AbortController();
  const stopped = new AbortController();
  const check = async () => {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < RESERVE)
      throw overLimit(`less than ${RESERVE} bytes are left on the disk of the builds; free some, and build again`);
    const used = await bytesIn(folder);
    if (used > maxBytes)
      throw overLimit(`source, inputs and output take ${used} bytes on disk, and may take ${maxBytes}`);
  };
  const watch = async () => {
    while (!stopped.signal.aborted) {
      const before = performance.now();
      await check();
      const took = performance.now() - before;
      await delay(Math.max(LOOK_MS, took * REST), undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  watch().catch((error: unknown) => full.abort(error));
  return { full: full.signal, check, stop: () => stopped.abort() };
}

/** A recipe that has our own user may keep its folders from being counted: they are opened, and counted again. */
async function bytesIn(folder: string): Promise<number> {
  const first = await count(folder);
  if (!first.isHidden) return first.bytes;
  await openFolders(folder);
  const second = await count(folder);
  if (second.isHidden) throw overLimit('it keeps folders from being counted');
  return second.bytes;
}

async function count(folder: string): Promise<{ readonly bytes: number; readonly isHidden: boolean }> {
  const { stdout, stderr } = await runProcess(['du', '-s', '-k', '-x', folder], {
    ...{ cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, timeoutMs: COUNT_MS, maxOutput: 64 * 1024 },
    signal: AbortSignal.timeout(COUNT_MS),
  });
  // Files that go while they are counted make it end with 1; the sum is there all the same.
  const sum = /^(\d+)\t/.exec(stdout.toString('utf8'))?.[1];
  if (sum === undefined) throw overLimit(`what it takes could not be counted within ${COUNT_MS / 1000} s`);
  return { bytes: Number(sum) * 1024, isHidden: stderr.includes('Permission denied') };
}

function overLimit(why: string): BuildError {
  return new BuildError('RECIPE_OVER_LIMIT', `the recipe takes too much: ${why}`);
}
