import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { measureActivities } from '../../../../adapters/temporal/measure-activities.ts';
import { type Scrape, startScrape } from '../../../scrape.ts';

let scrape: Scrape;
beforeAll(async () => {
  scrape = await startScrape();
});
afterAll(() => scrape.close());

it.each<[string, boolean, () => Promise<unknown>, string]>([
  ['ends', false, async () => 1, 'completed'],
  ['ends though it was told to stop', true, async () => 1, 'completed'],
  ['fails', false, () => Promise.reject(ApplicationFailure.nonRetryable('no', 'NO')), 'failed'],
  ['fails by what somebody else cancelled', false, () => Promise.reject(new CancelledFailure('other')), 'failed'],
  ['is cancelled', true, () => Promise.reject(new CancelledFailure('stop')), 'cancelled'],
  ['is aborted', true, () => Promise.reject(new DOMException('stop', 'AbortError')), 'cancelled'],
  ['fails after it was told to stop', true, () => Promise.reject(new Error('broken')), 'failed'],
])('a try that %s is counted with how it ended', async (name, aborted, act, outcome) => {
  const activityType = `act${name.replaceAll(' ', '')}`;
  const signal = aborted ? AbortSignal.abort() : new AbortController().signal;
  const { inbound } = measureActivities()({ info: { activityType }, cancellationSignal: signal } as unknown as Context);
  const given = await Promise.allSettled([inbound?.execute?.({ args: [], headers: {} }, act)]);
  const itself = await Promise.allSettled([act()]);
  expect(given).toEqual(itself);
  const counts = await scrape.lines(new RegExp(`^pratique_activity_duration_seconds_count{activity="${activityType}"`));
  expect(counts).toEqual([
    `pratique_activity_duration_seconds_count{activity="${activityType}",outcome="${outcome}"} 1`,
  ]);
});
