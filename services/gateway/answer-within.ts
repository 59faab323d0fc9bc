import { within } from '../../adapters/concurrency/within.ts';

/**
 * Ends when `work` has ended, or after `milliseconds`: whoever asked is answered, and the work goes on. What it throws until
 * then is thrown; what it throws later goes to `failedLater`.
 */
export async function answerWithin(
  work: Promise<unknown>,
  milliseconds: number,
  failedLater: (error: unknown) => void,
): Promise<void> {
  await within(milliseconds, work, () => void work.catch(failedLater));
}
