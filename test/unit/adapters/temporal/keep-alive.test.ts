import type { Context } from '@temporalio/activity';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keepAlive } from '../../../../adapters/temporal/keep-alive.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Runs an activity that says nothing for eleven seconds inside the interceptor; returns how often it was heard of. */
async function beats(info: { heartbeatTimeoutMs?: number }): Promise<number> {
  let heard = 0;
  const heartbeat = () => {
    heard += 1;
  };
  const quiet = Promise.withResolvers<void>();
  const { inbound } = keepAlive({ info, heartbeat } as unknown as Context);
  const running = inbound?.execute?.({ args: [], headers: {} }, () => quiet.promise);
  await vi.advanceTimersByTimeAsync(11_000);
  const during = heard;
  quiet.resolve();
  await running;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(heard).toBe(during);
  return heard;
}

it('an activity that says nothing is heard of while it runs, and not afterwards', async () => {
  expect(await beats({ heartbeatTimeoutMs: 30_000 })).toBe(2);
});

it('one without a heartbeat timeout is left alone', async () => {
  expect(await beats({})).toBe(0);
});
