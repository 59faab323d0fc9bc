import { expect, test } from 'vitest';
import { endInstant, hasEnded } from '../../../../domain/policy/instant.ts';

test.each([
  ['2027-03-31', '2027-04-01T00:00:00.000Z'],
  ['2028-02-29', '2028-03-01T00:00:00.000Z'],
  ['2027-03-31T18:00:00+02:00', '2027-03-31T16:00:00.000Z'],
  ['2027-03-31T18:00Z', '2027-03-31T18:00:00.000Z'],
  // Years have four digits in RFC 3339, and in what a database reads.
  ['9999-12-31', '9999-12-31T23:59:59.999Z'],
  ['9999-12-31T23:59:59-08:00', '9999-12-31T23:59:59.999Z'],
])('%s is the end %s', (text, end) => {
  expect(endInstant(text)).toBe(end);
});

test.each([
  '2027-02-31',
  '2027-02-31T00:00:00Z',
  '2027-02-29',
  '2027-13-01',
  '2027-03-31T25:00:00Z',
  'Mar 3 2027',
  '2027',
  '+275760-09-13T00:00:00Z',
  '',
])('%j is no end, and what would end then has ended', (text) => {
  expect(endInstant(text)).toBeUndefined();
  expect(hasEnded(text, '2020-01-01T00:00:00Z')).toBe(true);
});
