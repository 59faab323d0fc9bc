import { expect, test } from 'vitest';
import { applyIgnores, isExpired, parseIgnoreList, rulesWithout } from '../../../../domain/advisory/ignore-list.ts';
import { matchComponents } from '../../../../domain/advisory/match.ts';
import { parsePurlPattern } from '../../../../domain/advisory/purl-pattern.ts';
import { component } from './component.ts';
import { affects, osv } from './osv.ts';

const rule = { id: 'CVE-2024-1', reason: 'not reachable', expires: '2026-06-30' };

test.each<[string, unknown, RegExp]>([
  ['no reason', { ...rule, reason: undefined }, /^ignore\.0\.reason: a reason is needed/],
  ['an empty reason', { ...rule, reason: '  ' }, /^ignore\.0\.reason: a reason is needed/],
  ['no end', { ...rule, expires: undefined }, /^ignore\.0\.expires: /],
  ['an end that is no day', { ...rule, expires: '2026-13-01' }, /^ignore\.0\.expires: no such day/],
  ['a day that its month does not have', { ...rule, expires: '2026-02-31' }, /^ignore\.0\.expires: no such day/],
  ['an end in words', { ...rule, expires: 'never' }, /^ignore\.0\.expires: expected a day/],
  ['a component that is no purl', { ...rule, component: 'lodash' }, /^ignore\.0\.component: expected a package URL/],
  ['a field that is not known', { ...rule, expire: '2026-01-01' }, /^ignore\.0: /],
])('%s is refused with its place', (_, one, reason) => {
  expect(parseIgnoreList({ ignore: [one] })).toEqual({ kind: 'rejected', reason: expect.stringMatching(reason) });
});

test('a file that is none is refused', () => {
  for (const value of [undefined, null, [], 'x', { ignores: [] }]) expect(parseIgnoreList(value).kind).toBe('rejected');
});

const npm = (name: string) => component('npm', name, '1.0.0', { purl: `pkg:npm/${name}@1.0.0` });
const record = osv('GHSA-1', {
  aliases: ['CVE-2024-1'],
  affected: [affects('npm', 'a', 'i:0'), affects('npm', 'b', 'i:0')],
});
const { findings } = matchComponents([npm('a'), npm('b')], () => [record]);
const ignored = (rules: readonly (typeof rule & { component?: string })[], today: string) =>
  applyIgnores(findings, rules, today)
    .filter((finding) => finding.ignored !== undefined)
    .map(({ name }) => name)
    .sort();

test.each([
  ['pkg:pypi/foo-bar-baz@1.9', 'pkg:pypi/Foo_Bar.Baz@1.9', true],
  ['pkg:nuget/Newtonsoft.Json@12.0.3', 'pkg:nuget/newtonsoft.json', true],
  ['pkg:golang/github.com/Masterminds/goutils@v1.1.0', 'pkg:golang/github.com/masterminds/goutils@v1.1.0', true],
  ['pkg:golang/github.com/Masterminds/goutils@v1.1.0', 'pkg:golang/github.com/masterminds/goutils@v1.1.1', false],
  ['pkg:npm/lodash.merge@1.0.0', 'pkg:npm/lodash-merge@1.0.0', false],
  ['pkg:deb/debian/libc6@2.36-9?upstream=glibc', 'pkg:deb/debian/glibc', false],
])('%s is %s as far as its type has one spelling for both: %s', (purl, pattern, expected) => {
  expect(parsePurlPattern(pattern)?.(purl)).toBe(expected);
});

test('by any name of the vulnerability, for any component or one', () => {
  expect(ignored([rule], '2026-01-01')).toEqual(['a', 'b']);
  expect(ignored([{ ...rule, id: 'GHSA-1' }], '2026-01-01')).toEqual(['a', 'b']);
  expect(ignored([{ ...rule, id: 'GHSA-2' }], '2026-01-01')).toEqual([]);
  expect(ignored([{ ...rule, component: 'pkg:npm/a' }], '2026-01-01')).toEqual(['a']);
  expect(ignored([{ ...rule, component: 'pkg:npm/a@2.0.0' }], '2026-01-01')).toEqual([]);
});

test('through its last day, and not a day longer', () => {
  expect(ignored([rule], '2026-06-30')).toEqual(['a', 'b']);
  expect(ignored([rule], '2026-07-01')).toEqual([]);
  expect(isExpired(rule, '2026-07-01')).toBe(true);
});

test('what covers nothing is known', () => {
  const idle = [
    { ...rule, id: 'GHSA-2' },
    { ...rule, component: 'pkg:npm/c' },
  ];
  expect(rulesWithout([rule, ...idle], findings)).toEqual(idle);
  expect(rulesWithout([rule], [])).toEqual([rule]);
});
