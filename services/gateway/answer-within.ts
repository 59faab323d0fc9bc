import { setTimeout as delay } from 'node:timers/promises';

/**
 * Ends when `work` has ended, or after `milliseconds`: whoever asked is answered, and the work goes on. What it throws until
 * then is thrown; what it throws later goes to `failedLater`.
 */
export async function answerWithin(
  work: Promise<unknown>,
  milliseconds: number,
  failedLater: (error: unknown) => void,
): Promise<void> {
  const waited = new AbortController();
  const isOver = await Promise.race([
    work.then(() => false).finally(() => waited.abort()),
    delay(milliseconds, true, { signal: waited.signal }).catch(() => false),
  ]);
  if (isOver) work.catch(failedLater);
}
