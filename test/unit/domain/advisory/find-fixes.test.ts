import { expect, test } from 'vitest';
import { matchComponents } from '../../../../domain/advisory/match.ts';
import type { OsvRecord } from '../../../../domain/advisory/osv-record.ts';
import { component } from './component.ts';
import { affects, osv } from './osv.ts';

const fixesOf = (version: string, ...records: OsvRecord[]) =>
  matchComponents([component('npm', 'qs', version)], () => records).findings.map(({ fixedIn, latestFix }) => [
    fixedIn,
    latestFix,
  ]);

const record = (id: string, ...events: string[]) =>
  osv(id, { aliases: ['CVE-2026-1'], affected: events.map((one) => affects('npm', 'qs', one)) });
const of = (id: string, events: string) => osv(`TEST-${id}`, { affected: [affects('npm', 'qs', events)] });
const inOneEntry = (...events: string[]) =>
  osv('GHSA-1', {
    affected: [{ ...affects('npm', 'qs', ''), ranges: events.flatMap((one) => affects('npm', 'qs', one).ranges) }],
  });

test.each<[string, string, OsvRecord[], [string | undefined, string | undefined]]>([
  ['no fix', '1.0.0', [record('GHSA-1', 'i:0')], [undefined, undefined]],
  ['before its pre-release', '1.0.2-rc.1', [record('GHSA-1', 'i:0 f:1.0.2')], ['1.0.2', undefined]],
  ['two lines in one range', '1.0.1', [record('GHSA-1', 'i:1.0.0 f:1.0.2 i:3.0.0 f:3.2.5')], ['1.0.2', '3.2.5']],
  ['two lines in two ranges', '6.0.0', [inOneEntry('i:6.10.0 f:6.10.3', 'i:0 f:6.2.4')], ['6.2.4', '6.10.3']],
  ['the newer line', '6.10.1', [inOneEntry('i:6.10.0 f:6.10.3', 'i:0 f:6.2.4')], ['6.10.3', undefined]],
  // As GitHub writes them: an entry a line of releases.
  ['two lines in two entries', '6.0.0', [record('GHSA-1', 'i:0 f:6.2.4', 'i:6.10.0 f:6.10.3')], ['6.2.4', '6.10.3']],
  // 1.5.0 ends the first range, and is in the second.
  ['ranges that overlap', '1.2.0', [record('GHSA-1', 'i:0 f:1.5.0', 'i:1.0.0 f:2.0.0')], ['2.0.0', undefined]],
  [
    'another name knows of a later fix',
    '6.7.0',
    [record('GHSA-1', 'i:0 f:6.7.3'), record('CVE-2026-1', 'i:0 f:6.7.4')],
    ['6.7.4', undefined],
  ],
  [
    'another name knows of no fix',
    '6.7.0',
    [record('GHSA-1', 'i:0 f:6.7.3'), record('CVE-2026-1', 'i:0')],
    ['6.7.3', undefined],
  ],
  [
    'only another name knows of a fix',
    '6.7.0',
    [record('GHSA-1', 'i:0'), record('CVE-2026-1', 'i:0 f:6.7.4')],
    ['6.7.4', undefined],
  ],
])('%s', (_, version, records, expected) => {
  expect(fixesOf(version, ...records)).toEqual([expected]);
  expect(fixesOf(version, ...records.toReversed())).toEqual([expected]);
});

test('a fix of Go is spelled as `go get` takes it', () => {
  const net = component('Go', 'golang.org/x/net', 'v0.7.0');
  const { findings } = matchComponents([net], () => [
    osv('GO-1', { affected: [affects('Go', 'golang.org/x/net', 'i:0 f:0.13.0', 'SEMVER')] }),
  ]);
  expect(findings[0]?.fixedIn).toBe('v0.13.0');
});

test.each<[string, string, OsvRecord[], [string, string[]] | undefined]>([
  [
    'the lowest version that ends all',
    '1.0.0',
    [of('A', 'i:0 f:1.2.0'), of('B', 'i:0 f:1.10.0')],
    ['1.10.0', ['TEST-A', 'TEST-B']],
  ],
  ['no fix at all', '1.0.0', [of('A', 'i:0')], undefined],
  ['what has no fix stays', '1.0.0', [of('A', 'i:0'), of('B', 'i:0 f:1.1.0')], ['1.1.0', ['TEST-B']]],
  // 2.5.0 ends B, and A has come again by then.
  [
    'a line of releases with its own fix',
    '1.0.0',
    [of('A', 'i:0 f:1.1.0 i:2.0.0 f:3.0.0'), of('B', 'i:0 f:2.5.0')],
    ['3.0.0', ['TEST-A', 'TEST-B']],
  ],
  [
    'one that comes again and stays',
    '1.0.0',
    [of('A', 'i:0 f:1.1.0 i:2.0.0'), of('B', 'i:0 f:2.5.0')],
    ['1.1.0', ['TEST-A']],
  ],
])('one upgrade: %s', (_, version, records, expected) => {
  const { upgrades } = matchComponents([component('npm', 'qs', version)], () => records);
  expect(upgrades.map((one) => [one.version, [...one.ends].sort()])).toEqual(expected === undefined ? [] : [expected]);
});

test('a bound below every version that leads to a release is that release', () => {
  const actix = osv('RUSTSEC-2018-0019', { affected: [affects('crates.io', 'actix-web', 'i:0 f:0.7.20-0')] });
  const { findings, upgrades } = matchComponents([component('crates.io', 'actix-web', '0.7.18')], () => [actix]);
  expect([findings[0]?.fixedIn, upgrades[0]?.version]).toEqual(['0.7.20', '0.7.20']);
});
