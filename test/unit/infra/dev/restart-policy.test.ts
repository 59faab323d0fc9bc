import { expect, it } from 'vitest';
import { MAX_QUICK_DEATHS, QUICK_DEATH_MS, RestartPolicy } from '../../../../infra/dev/restart-policy.ts';

const quick = QUICK_DEATH_MS - 1;

it('waits longer after each quick death, and stops after the fifth', () => {
  const policy = new RestartPolicy();
  const delays = Array.from({ length: MAX_QUICK_DEATHS + 1 }, () => policy.died('worker', quick));
  expect(delays).toEqual([1000, 2000, 4000, 8000, undefined, undefined]);
});

it('starts over after one long life, each part for itself', () => {
  const policy = new RestartPolicy();
  for (let i = 1; i < MAX_QUICK_DEATHS; i += 1) policy.died('worker', quick);
  expect(policy.died('gateway', quick)).toBe(1000);
  expect(policy.died('worker', QUICK_DEATH_MS)).toBe(500);
  expect(policy.died('worker', quick)).toBe(1000);
});
