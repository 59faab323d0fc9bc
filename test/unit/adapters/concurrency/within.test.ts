import { getActiveResourcesInfo } from 'node:process';
import { expect, test } from 'vitest';
import { within } from '../../../../adapters/concurrency/within.ts';

const LONG = 600_000;
const timers = () => getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('gives what comes in time, and leaves no timer', async () => {
  const before = timers();
  const wanted = Promise.withResolvers<string>();
  const answer = within(LONG, wanted.promise, () => 'late');
  wanted.resolve('came');
  expect(await answer).toBe('came');
  expect(timers()).toBeLessThanOrEqual(before);
});

test('throws what is thrown in time', async () => {
  await expect(within(LONG, Promise.reject(new Error('no')), () => 'late')).rejects.toThrow('no');
});

test('gives what is said of what comes late, and what that comes to is nobody’s', async () => {
  const wanted = Promise.withResolvers<string>();
  expect(await within(1, wanted.promise, () => 'late')).toBe('late');
  // Unhandled, it would end the process.
  wanted.reject(new Error('too late'));
  await new Promise((resolve) => setImmediate(resolve));
});

test('throws what is said of what comes late', async () => {
  const never = new Promise<string>(() => undefined);
  await expect(
    within(1, never, () => {
      throw new Error('gave up');
    }),
  ).rejects.toThrow('gave up');
});
