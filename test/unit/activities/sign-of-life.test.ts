import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSignOfLife } from '../../../activities/sign-of-life.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('says where it is every five seconds, however often it is called, and nothing of what is over before', () => {
  const said: string[] = [];
  const signOfLife = createSignOfLife({ heartbeat: (place) => void said.push(place) });
  for (let second = 0; second <= 11; second += 1) {
    signOfLife(`a ${second}`);
    signOfLife(`b ${second}`);
    vi.advanceTimersByTime(1000);
  }
  expect(said).toEqual(['a 5', 'a 10']);
});
