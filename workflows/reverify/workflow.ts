/** After a revocation: waits until everything that relied on it was judged again, then says what stands and what fell. */
import { continueAsNew, proxyActivities, sleep } from '@temporalio/workflow';
import type { ReverifyActivities } from '../../activities/reverify.ts';

/** Postgres alone; a revocation is not given up. */
const book = proxyActivities<ReverifyActivities>({
  taskQueue: 'control',
  startToCloseTimeout: '2m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
});

/** Between looks: at first often, as most are judged within seconds. */
const FIRST_INTERVAL_MS = 1000;
const LONGEST_INTERVAL_MS = 60_000;
/** Looks before it continues as new, to keep its history short. */
const LOOKS = 500;

export interface ReverifyInput {
  readonly reverification: string;
  /** Milliseconds to the next look; absent at the beginning. */
  readonly interval?: number;
}

export async function reverify(input: ReverifyInput) {
  const id = input.reverification;
  let interval = input.interval ?? FIRST_INTERVAL_MS;
  for (let look = 0; look < LOOKS; look += 1) {
    if ((await book.reverifyWaiting(id)) === 0) return book.concludeReverification(id);
    await sleep(interval);
    interval = Math.min(interval * 2, LONGEST_INTERVAL_MS);
  }
  return continueAsNew<typeof reverify>({ reverification: id, interval });
}
