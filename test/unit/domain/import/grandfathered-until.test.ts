import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { grandfatheredUntil } from '../../../../domain/import/grandfathered-until.ts';

const now = new Date('2030-01-15T12:00:00Z');

test.each([
  ['a day, to its end', '2030-01-31', '2030-02-01T00:00:00.000Z'],
  ['today, to its end', '2030-01-15', '2030-01-16T00:00:00.000Z'],
  ['an instant', '2030-01-15T12:00:01Z', '2030-01-15T12:00:01.000Z'],
  ['an instant elsewhere', '2030-01-16T01:00:00+02:00', '2030-01-15T23:00:00.000Z'],
  ['a year', '2031-01-15', '2031-01-16T00:00:00.000Z'],
])('%s', (_, text, at) => {
  expect(grandfatheredUntil(text, now)).toEqual({ at });
});

test.each([
  ['yesterday', '2030-01-14', /over/],
  ['this instant', '2030-01-15T12:00:00Z', /over/],
  ['for ever', '9999-12-31', /366 days/],
  ['two years', '2032-01-15', /366 days/],
  ['a day there is not', '2030-02-30', /no such day/],
  ['an instant of a day there is not', '2030-02-31T00:00:00Z', /no such day/],
  ['a month there is not', '2030-13-01', /no such day/],
  ['an instant without a zone', '2030-01-20T12:00:00', /expected/],
  ['words', 'next week', /expected/],
  ['nothing', '', /expected/],
])('%s is refused', (_, text, problem) => {
  expect(grandfatheredUntil(text, now)).toEqual({ problem: expect.stringMatching(problem) });
});

it('whatever is said, what comes of it is to come, and not for ever', () => {
  const any = fc.oneof(
    fc.string(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
  );
  fc.assert(
    fc.property(any, (text) => {
      const until = grandfatheredUntil(text, now);
      if ('problem' in until) return;
      expect(Date.parse(until.at)).toBeGreaterThan(now.getTime());
      expect(Date.parse(until.at) - now.getTime()).toBeLessThanOrEqual(367 * 86_400_000);
    }),
  );
});
