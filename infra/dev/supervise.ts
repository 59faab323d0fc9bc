import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './part.ts';
import { isSameProcessAlive } from './process/process-identity.ts';
import type { Stack } from './stack.ts';
import { readStackRecord } from './stack-record.ts';

const POLL_MS = 1_000;

/**
 * Stays with a running stack until `signal` is aborted, then stops it. Says so when a part ends by itself. Returns
 * early when somebody else stops the stack.
 */
export async function superviseStack(stack: Stack, log: Log, signal: AbortSignal): Promise<void> {
  const reported = new Set<number>();
  while (!signal.aborted) {
    const record = await readStackRecord(stack.home);
    if (record === undefined) return;
    for (const part of record.parts) {
      if (part.process === null || reported.has(part.process.pid) || isSameProcessAlive(part.process)) continue;
      reported.add(part.process.pid);
      log(`${part.name}: ended by itself; its log: ${part.log}. \`pratique up\` in another terminal starts it again`);
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  await stack.down();
}
