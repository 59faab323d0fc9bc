/** One process at a time changes an index: each works on a copy, and the last to put its own in place would win. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryProcessLock } from '../concurrency/process-lock.ts';

const RETRY_MS = 100;

export interface IndexLockOptions {
  readonly signal: AbortSignal;
  /** Called once, where another process has it. */
  readonly onWait: () => void;
}

/** Runs `work` while nobody else changes the index. Waits for as long as the other takes; throws the signal's reason. */
export async function withIndexLock<T>(file: string, options: IndexLockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true });
  using _lock = await waitForLock(`${file}.lock`, options);
  return await work();
}

async function waitForLock(file: string, { signal, onWait }: IndexLockOptions): Promise<Disposable> {
  for (let isFirst = true; ; isFirst = false) {
    const lock = tryProcessLock(file);
    if (lock !== undefined) return lock;
    if (isFirst) onWait();
    await delay(RETRY_MS, undefined, { signal });
  }
}
