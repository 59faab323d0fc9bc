/** Each check of the doctor, with what makes it fail. */
import { describe, expect, it, test } from 'vitest';
import { judgeFeed, judgeFeeds, judgeLacking } from '../../../../services/gateway/doctor/advisories.ts';
import { judgeApprovers } from '../../../../services/gateway/doctor/approvers.ts';
import { examineAll } from '../../../../services/gateway/doctor/checks.ts';
import { judgeClock } from '../../../../services/gateway/doctor/clocks.ts';
import type { DoctorFacts, TemporalFacts } from '../../../../services/gateway/doctor/facts.ts';
import { judgeGrandfathered } from '../../../../services/gateway/doctor/grandfathered.ts';
import { judgeKeys } from '../../../../services/gateway/doctor/keys.ts';
import { judgeTemporal } from '../../../../services/gateway/doctor/temporal.ts';
import { judgeTopics } from '../../../../services/gateway/doctor/topics.ts';
import {
  judgeNodeVersion,
  judgePostgresVersion,
  judgeRegistryVersion,
  judgeTemporalVersion,
} from '../../../../services/gateway/doctor/versions.ts';

const now = new Date('2031-01-01T00:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);

test.each([
  [0.4, 'ok'],
  [-4, 'ok'],
  [6, 'warn'],
  [-29, 'warn'],
  [31, 'fail'],
  [-3600, 'fail'],
])('a clock that is %d s off: %s', (seconds, level) => {
  expect(judgeClock('Postgres', later(seconds), now, now).level).toBe(level);
});

it('a slow answer is no wrong clock', () => {
  expect(judgeClock('Temporal', later(4), now, later(8))).toMatchObject({
    level: 'ok',
    says: expect.stringContaining('0.0 s'),
  });
});

test.each([
  ['Postgres 14', judgePostgresVersion(140_011), 'fail'],
  ['Postgres 15', judgePostgresVersion(150_000), 'ok'],
  ['Postgres 18', judgePostgresVersion(180_004), 'ok'],
  ['Temporal 1.23', judgeTemporalVersion('1.23.9'), 'fail'],
  ['Temporal 1.24', judgeTemporalVersion('1.24.0'), 'ok'],
  ['Temporal 2', judgeTemporalVersion('2.0.0-rc.1'), 'ok'],
  ['Temporal, silent', judgeTemporalVersion(''), 'unknown'],
  ['Temporal, no number', judgeTemporalVersion('next'), 'unknown'],
  ['a registry', judgeRegistryVersion('registry/2.0'), 'ok'],
  ['a registry of another version', judgeRegistryVersion('registry/3.0'), 'fail'],
  ['a web page', judgeRegistryVersion(undefined), 'warn'],
  ['Node 22', judgeNodeVersion('22.9.0'), 'fail'],
])('%s', (_, finding, level) => {
  expect(finding.level).toBe(level);
});

const temporal: TemporalFacts = {
  version: '1.29.0',
  missingSearchAttributes: [],
  missingSchedules: [],
  pausedSchedules: [],
};

test.each([
  ['all there', {}, ['ok', 'ok']],
  ['a search attribute missing', { missingSearchAttributes: ['PratiquePhase'] }, ['fail', 'ok']],
  ['a schedule missing', { missingSchedules: ['reconcile'] }, ['ok', 'fail']],
  ['a schedule paused', { pausedSchedules: ['reconcile'] }, ['ok', 'warn']],
])('Temporal: %s', (_, change, levels) => {
  expect(judgeTemporal({ ...temporal, ...change }).map(({ level }) => level)).toEqual(levels);
});

const topic = (replicas: number, inSync: number, minInsync: number) => ({
  topic: 'pratique.events',
  partitions: [
    { replicas: 3, inSync: 3 },
    { replicas, inSync },
  ],
  minInsync,
});

test.each([
  ['three copies, two in sync wanted', 3, topic(3, 3, 2), 'ok'],
  ['one broker away', 3, topic(3, 2, 2), 'warn'],
  ['two brokers away', 3, topic(3, 1, 2), 'fail'],
  ['one copy', 1, topic(1, 1, 1), 'warn'],
  ['three copies, one is enough', 3, topic(3, 3, 1), 'warn'],
  ['missing', 3, { topic: 'pratique.events', partitions: [], minInsync: 0 }, 'fail'],
])('a topic: %s', (_, brokers, facts, level) => {
  expect(judgeTopics(brokers, [facts])).toMatchObject([{ level }]);
});

describe('advisories', () => {
  const DAY = 86_400;
  test.each([
    ['fresh', { records: 9, newest: null, syncedAt: later(-3600).toISOString() }, 'ok'],
    ['older than half', { records: 9, newest: null, syncedAt: later(-2 * DAY).toISOString() }, 'warn'],
    ['too old', { records: 9, newest: null, syncedAt: later(-4 * DAY).toISOString() }, 'fail'],
    ['never brought in, and old', { records: 9, newest: later(-40 * DAY).toISOString(), syncedAt: null }, 'fail'],
    ['none', { records: 0, newest: null, syncedAt: null }, 'fail'],
  ])('%s', (_, state, level) => {
    expect(judgeFeed(state, now, 3 * DAY).level).toBe(level);
  });

  it('of a policy that says nothing, a week', () => {
    const state = { records: 9, newest: null, syncedAt: later(-6 * DAY).toISOString() };
    expect(judgeFeed(state, now).level).toBe('warn');
    expect(judgeFeed({ ...state, syncedAt: later(-8 * DAY).toISOString() }, now).level).toBe('fail');
  });

  it('names the ecosystems that are needed and have none at all', () => {
    const feeds = [{ ecosystem: 'npm' }, { ecosystem: 'Debian' }];
    expect(judgeLacking(feeds, ['Debian', 'npm'])).toEqual([]);
    expect(judgeLacking(feeds, ['Debian', 'Hex', 'npm', 'Pub'])).toMatchObject([
      { level: 'warn', says: expect.stringContaining('the advisories of Hex, Pub,') },
    ]);
  });

  it('names the feeds that stand still', () => {
    const feed = (ecosystem: string, days: number) => ({ ecosystem, syncedAt: later(-days * DAY).toISOString() });
    expect(judgeFeeds([feed('npm', 1)], now)).toEqual([]);
    expect(judgeFeeds([feed('npm', 1), { ecosystem: 'Maven', syncedAt: null }], now)).toMatchObject([
      { level: 'warn', says: expect.stringContaining('the advisories of Maven') },
    ]);
    expect(judgeFeeds([feed('npm', 1), feed('Debian', 8), feed('Go', 9)], now)).toMatchObject([
      { level: 'warn', says: expect.stringContaining('the advisories of Debian, Go') },
    ]);
  });
});

it('servers that do not answer are unknown, each for itself', async () => {
  const away = () => Promise.reject(new Error('connect ECONNREFUSED'));
  const facts: DoctorFacts = {
    now: () => now,
    databaseClock: () => Promise.resolve(now),
    databaseVersion: () => Promise.resolve(180_000),
    temporalClock: away,
    temporal: away,
    topics: away,
    registry: away,
    advisories: away,
    neededEcosystems: away,
    advisoriesMaximumAge: away,
    keys: away,
    grandfathered: away,
    approvers: away,
  };
  const report = await examineAll(facts);
  expect(Object.fromEntries(report.map(({ name, findings }) => [name, findings.map(({ level }) => level)]))).toEqual({
    keys: ['unknown'],
    approvers: ['unknown'],
    clocks: ['ok', 'unknown', 'unknown'],
    versions: ['ok', 'unknown', 'unknown', 'ok'],
    temporal: ['unknown'],
    topics: ['unknown'],
    advisories: ['unknown'],
    grandfathered: ['unknown'],
  });
  for (const { findings } of report)
    for (const { level, next } of findings) expect(next !== undefined).toBe(level !== 'ok');
});

test.each([
  ['nothing', { stands: 0, ended: 0, next: null }, ['ok'], /nothing/],
  ['all for long', { stands: 3, ended: 0, next: later(30 * 86_400).toISOString() }, ['ok'], /3 are grandfathered/],
  ['one that ends soon', { stands: 3, ended: 0, next: later(86_400).toISOString() }, ['warn'], /until 2031-01-02/],
  ['one past its date', { stands: 0, ended: 1, next: null }, ['fail'], /1 imported .* past their date/],
  ['both', { stands: 1, ended: 2, next: later(60).toISOString() }, ['fail', 'warn'], /2 imported/],
])('grandfathered: %s', (_, counts, levels, says) => {
  const findings = judgeGrandfathered(counts, now);
  expect(findings.map(({ level }) => level)).toEqual(levels);
  expect(findings[0]?.says).toMatch(says);
});

describe('keys', () => {
  const now = new Date('2027-01-01T00:00:00Z');
  const nothing = { signers: [], stopped: [], toRotate: [] };
  const signer = (until: string | undefined, state: 'trusted' | 'retiring' | 'revoked' = 'trusted') => ({
    ...nothing,
    signers: [{ name: 'release', until, state }],
  });
  it.each([
    ['none', nothing, 'ok', /no key/],
    ['trust without an end', signer(undefined), 'ok', /no key/],
    ['trust that ends in a year', signer('2028-01-01T00:00:00Z'), 'ok', /no key/],
    ['trust that ends within a month', signer('2027-01-30T00:00:00Z'), 'warn', /release ends at 2027-01-30/],
    ['trust that has ended', signer('2026-12-31T00:00:00Z'), 'warn', /has ended/],
    ['a revoked signer', signer('2026-12-31T00:00:00Z', 'revoked'), 'ok', /no key/],
    ['a stopped key', { ...nothing, stopped: ['admission-prod'] }, 'fail', /admission-prod is stopped/],
    ['a rotation', { ...nothing, toRotate: [{ key: 'evidence', refused: 2 }] }, 'warn', /left 2 places unsigned/],
  ] as const)('%s', (_, facts, level, says) => {
    const [finding] = judgeKeys(facts, now);
    expect(finding).toMatchObject({ level, says: expect.stringMatching(says) });
    expect(finding?.next === undefined).toBe(level === 'ok');
  });
});

describe('approvers', () => {
  const list = { digest: 'sha256:1', people: 3 };
  test.each([
    ['where nothing of production enforces', { production: [], list: undefined }, 'ok', /none needs a list/],
    ['with a list of the trust worker', { production: ['prod'], list }, 'ok', /keys of 3 people/],
    [
      'without one',
      { production: ['prod'], list: { digest: null, people: 0 } },
      'warn',
      /prod enforces, and the trust worker has no list/,
    ],
    ['before a trust worker said', { production: ['prod'], list: undefined }, 'unknown', /no trust worker has said/],
  ] as const)('%s', (_, facts, level, says) => {
    expect(judgeApprovers(facts)).toEqual([expect.objectContaining({ level, says: expect.stringMatching(says) })]);
  });
});
