import { expect, test } from 'vitest';
import { createRateLimit } from '../../../../services/gateway/rate-limit.ts';

test('a burst, then a steady pace, for each caller', () => {
  const limit = createRateLimit({ burst: 3, perSecond: 2 });
  const tries = (caller: string, now: number, count: number) =>
    Array.from({ length: count }, () => limit.take(caller, now)).filter(Boolean).length;
  expect(tries('a', 0, 5)).toBe(3);
  expect(tries('b', 0, 5)).toBe(3);
  expect(tries('a', 1000, 5)).toBe(2);
  // Never more than the burst, however long it was quiet.
  expect(tries('a', 3_600_000, 5)).toBe(3);
  // A clock that goes back gives nothing, and takes nothing away.
  expect(tries('a', 0, 1)).toBe(0);
});

test('a caller that asks all the time is not forgotten for others', () => {
  const limit = createRateLimit({ burst: 1, perSecond: 0.001 });
  expect(limit.take('busy', 0)).toBe(true);
  for (let stranger = 0; stranger < 15_000; stranger += 1) {
    limit.take(`stranger ${stranger}`, stranger);
    if (stranger % 5000 === 0) expect(limit.take('busy', stranger)).toBe(false);
  }
});
