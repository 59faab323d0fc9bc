/**
 * Decisions about findings end to the minute: what ends soon is waited for, what ends later is found by the next run of the
 * schedule. A run that is lost loses nothing: what was not told is told by the next one.
 */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type { AdvisoryActivities } from '../../activities/advisories.ts';

/** Twice as long as the schedule's interval, so that no end falls between two runs. */
const HORIZON_MS = 10 * 60_000;
/** An end that comes again and again (a clock that is behind) keeps nobody busy. */
const LEAST_MS = 1000;

const { wakeDecisions: run } = proxyActivities<Pick<AdvisoryActivities, 'wakeDecisions'>>({
  taskQueue: 'inspect',
  startToCloseTimeout: '30m',
  heartbeatTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});

/** Returns how many decisions ended. */
export async function wakeDecisions(): Promise<number> {
  const until = Date.now() + HORIZON_MS;
  let ended = 0;
  for (;;) {
    const report = await run();
    ended += report.ended;
    const next = report.next === undefined ? Number.POSITIVE_INFINITY : Date.parse(report.next);
    // Not by the time it would be: an end that is always now must not keep the run open.
    if (!(next < until) || Date.now() >= until) return ended;
    await sleep(Math.max(next - Date.now(), LEAST_MS));
  }
}
