import { expect, it } from 'vitest';
import { trustEnds } from '../../../../domain/trust/trust-ends.ts';

const now = '2026-01-01T00:00:00Z';
const signer = (until: string | undefined, state: 'trusted' | 'retiring' | 'revoked' = 'trusted') => ({
  ...{ name: 'ci', state },
  until,
});

it.each<readonly [string | undefined, number | undefined]>([
  [undefined, undefined],
  ['2026-02-01T00:00:00Z', undefined],
  ['2026-01-31T00:00:00Z', 30],
  ['2026-01-09T00:00:00Z', 30],
  ['2026-01-08T00:00:00Z', 7],
  ['2026-01-02T00:00:01Z', 7],
  ['2026-01-02T00:00:00Z', 1],
  ['2026-01-01T00:00:01Z', 1],
  ['2026-01-01T00:00:00Z', 0],
  ['2020-01-01T00:00:00+02:00', 0],
])('trust until %s is told of at %s days', (until, days) => {
  expect(trustEnds([signer(until)], now)).toEqual(days === undefined ? [] : [{ signer: 'ci', until, days }]);
});

it('a revoked signer counts no more anyway; the others come in the order of their ends', () => {
  expect(trustEnds([signer('2026-01-03T00:00:00Z', 'revoked')], now)).toEqual([]);
  const two = [
    { ...signer('2026-01-03T00:00:00Z'), name: 'later' },
    { ...signer('2026-01-02T00:00:00Z', 'retiring'), name: 'sooner' },
  ];
  expect(trustEnds(two, now).map((end) => end.signer)).toEqual(['sooner', 'later']);
});
