import { setTimeout as delay } from 'node:timers/promises';

/** The news of a child's end can be later than /proc. */
const LATE_MS = 200;

/**
 * How a child ended, which is known to have; undefined where the news does not come. Waiting keeps this process running: neither
 * the child nor its `ended` does, and a supervisor that has nothing else at that moment would end here.
 */
export async function exitNews(ended: Promise<string> | undefined): Promise<string | undefined> {
  return Promise.race([ended, delay(LATE_MS, undefined)]);
}
