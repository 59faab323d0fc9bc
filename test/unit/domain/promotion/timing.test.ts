import { expect, test } from 'vitest';
import { mayMoveTag } from '../../../../domain/promotion/channel.ts';
import { freezeUntil } from '../../../../domain/promotion/freeze.ts';
import { soakUntil } from '../../../../domain/promotion/soak.ts';

const at = (hour: number) => new Date(Date.UTC(2000, 0, 1, hour)).toISOString();
const windowOf = (from: number, to: number, reason: string) => ({ from: at(from), to: at(to), reason });
const freeze = [
  windowOf(20, 24, 'night'),
  windowOf(4, 8, 'morning'),
  windowOf(6, 10, 'sale'),
  windowOf(10, 12, 'audit'),
  windowOf(5, 6, 'inside'),
];

test.each([
  ['before', 3, undefined],
  ['at the beginning', 4, { until: at(12), reason: 'morning' }],
  ['in two at once', 7, { until: at(12), reason: 'morning' }],
  ['where one follows another', 11, { until: at(12), reason: 'audit' }],
  ['at the end', 12, undefined],
  ['in another', 23, { until: at(24), reason: 'night' }],
])('a freeze %s', (_what, hour, expected) => {
  expect(freezeUntil({ freeze }, at(hour))).toEqual(expected);
});

test('an instant is an instant in whatever zone it is written', () => {
  const berlin = [{ from: '2000-01-01T05:00:00+01:00', to: '2000-01-01T06:00:00+01:00', reason: 'x' }];
  expect(freezeUntil({ freeze: berlin }, at(4))).toEqual({ until: at(5), reason: 'x' });
  expect(freezeUntil({ freeze: berlin }, at(5))).toBeUndefined();
});

test.each([
  ['nothing comes before', [], 3600, {}, { state: 'met' }],
  ['live long enough', ['staging'], 3600, { staging: at(8) }, { state: 'met' }],
  ['exactly long enough', ['staging'], 3600, { staging: at(9) }, { state: 'met' }],
  ['not yet', ['staging'], 7200, { staging: at(9) }, { state: 'soaking', until: at(11) }],
  [
    'the last of two counts',
    ['staging', 'lab'],
    7200,
    { staging: at(1), lab: at(9) },
    { state: 'soaking', until: at(11) },
  ],
  ['not live there', ['staging', 'lab'], 3600, { staging: at(1) }, { state: 'not-live', missing: ['lab'] }],
  ['live since no readable time', ['staging'], 3600, { staging: 'x' }, { state: 'not-live', missing: ['staging'] }],
  ['no soak asked for', ['staging'], undefined, { staging: at(11) }, { state: 'met' }],
  ['live in something else', ['constructor'], undefined, {}, { state: 'not-live', missing: ['constructor'] }],
] as const)('soak: %s', (_what, after, soak, liveSince, expected) => {
  expect(soakUntil({ after: [...after], soak }, liveSince as Record<string, string>, at(10))).toEqual(expected);
});

test.each([
  ['the first build', undefined, 1, 'system', true],
  ['a newer build', { current: 3, newest: 3 }, 4, 'system', true],
  ['the same build again', { current: 3, newest: 3 }, 3, 'system', true],
  ['an older build', { current: 3, newest: 3 }, 2, 'person', false],
  ['an older build, as a rollback', { current: 3, newest: 3 }, 2, 'rollback', true],
  ['what somebody went back from, by itself', { current: 2, newest: 4 }, 4, 'system', false],
  ['a build between, by itself', { current: 2, newest: 4 }, 3, 'system', false],
  ['what somebody went back from, where a person asks', { current: 2, newest: 4 }, 4, 'person', true],
  ['what was pushed after somebody went back', { current: 2, newest: 4 }, 5, 'system', true],
] as const)('a tag moves to %s', (_what, at, candidate, mover, allowed) => {
  expect(mayMoveTag(at, candidate, mover).allowed).toBe(allowed);
});
