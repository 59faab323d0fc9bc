import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../../domain/advisory/finding.ts';
import { type ReviewedSide, reviewChange } from '../../../../domain/review/review-change.ts';
import type { ReviewRules } from '../../../../domain/review/review-context.ts';
import { uncheckedIn } from '../../../../domain/review/unchecked.ts';
import type { Component } from '../../../../domain/sbom/component.ts';

const NPM = 'https://registry.npmjs.org';
const sha = (letter: string): Component['hashes'] => [{ algorithm: 'SHA-256', value: letter.repeat(64) }];

function component(name: string, version: string, more: Partial<Component> = {}): Component {
  return {
    purl: `pkg:npm/${name}@${version}`,
    ecosystem: 'npm',
    advisoryName: name,
    name,
    version,
    advisoryVersion: version,
    licences: [],
    hashes: sha('a'),
    dependsOn: [],
    scope: 'runtime',
    locations: [{ path: 'package-lock.json' }],
    fetchedFrom: [NPM],
    foundBy: 'npm-lockfile',
    ...more,
  };
}

function finding(of: Component, advisory: string, severity: Finding['severity'], aliases: string[] = []): Finding {
  const { purl, name, version, locations } = of;
  return { advisory, aliases, summary: 'bad', severity, purl, name, version, locations };
}

const side = (components: readonly Component[], findings: readonly Finding[] = []): ReviewedSide => ({
  components,
  findings,
  undecided: [],
});

const rules: ReviewRules = { failOn: 'low', deniedLicences: [], ownNames: [], acceptedNames: [] };

function review(base: ReviewedSide, head: ReviewedSide, more: Partial<ReviewRules> = {}): string[][] {
  return reviewChange(base, head, { ...rules, ...more }).concerns.map(({ rule, level, component: { purl } }) => [
    rule,
    level,
    purl,
  ]);
}

const old = component('left', '1.0.0');
const young = component('left', '1.1.0');

test('nothing changed: nothing is said, whatever is wrong with it', () => {
  const bad = component('reactt', '1.0.0', { hashes: [], installScript: true, fetchedFrom: [] });
  expect(
    review(side([bad], [finding(bad, 'CVE-1', 'critical')]), side([bad], [finding(bad, 'CVE-1', 'critical')])),
  ).toEqual([]);
});

describe('advisories', () => {
  test.each<[string, Finding['severity'], Partial<ReviewRules>, string]>([
    ['at the threshold', 'high', { failOn: 'high' }, 'error'],
    ['below it', 'medium', { failOn: 'high' }, 'warning'],
    ['not rated', 'unknown', {}, 'unknown'],
  ])('%s', (_, severity, more, level) => {
    const found = review(side([old]), side([young], [finding(young, 'CVE-1', severity)]), more);
    expect(found).toEqual([['vulnerability', level, young.purl]]);
  });

  test('an update that does not help is not held against a change', () => {
    expect(
      review(side([old], [finding(old, 'CVE-1', 'high')]), side([young], [finding(young, 'CVE-1', 'high')])),
    ).toEqual([]);
  });

  test('what is malicious is said, by alias too, even where it was there before', () => {
    const both = side([old], [finding(old, 'GHSA-1', 'unknown', ['MAL-2024-1'])]);
    expect(review(both, both)).toEqual([['malicious', 'error', old.purl]]);
  });
});

test('a new name like a much used one; an old one, or an accepted one, is none', () => {
  const squat = component('expres', '1.0.0');
  expect(review(side([old]), side([old, squat]))).toEqual([['typosquat', 'error', squat.purl]]);
  expect(review(side([component('expres', '0.9.0')]), side([squat]))).toEqual([]);
  expect(review(side([]), side([squat]), { acceptedNames: ['expres'] })).toEqual([]);
});

describe('names of ours', () => {
  const ours = { ownNames: ['@acme/*'] };
  test.each<[string, Partial<Component>, string[][]]>([
    ['from a public registry', {}, [['dependency-confusion', 'error', 'pkg:npm/@acme/ui@1.0.0']]],
    ['from our own', { fetchedFrom: ['https://npm.acme.example'] }, []],
    ['from nowhere we know', { fetchedFrom: [] }, [['dependency-confusion', 'unknown', 'pkg:npm/@acme/ui@1.0.0']]],
  ])('%s', (_, more, expected) => {
    const one = component('@acme/ui', '1.0.0', more);
    expect(review(side([one]), side([one]), ours)).toEqual(expected);
  });
});

describe('hashes', () => {
  test('another one under the same version', () => {
    expect(review(side([old]), side([{ ...old, hashes: sha('b') }]))).toEqual([['changed-hash', 'error', old.purl]]);
    const checked = (checksum: string): Component => ({ ...old, hashes: [], checksum });
    expect(review(side([checked('h1:a')]), side([checked('h1:b')]))).toEqual([['changed-hash', 'error', old.purl]]);
  });

  test('one of another kind says nothing about the bytes; a weaker one is an error', () => {
    const hashed = (algorithm: 'SHA-1' | 'SHA-256' | 'SHA-512'): Component => ({
      ...old,
      hashes: [{ algorithm, value: 'ab'.repeat(32) }],
    });
    const weaker = review(side([hashed('SHA-512')]), side([hashed('SHA-1')]));
    expect(weaker).toEqual([['changed-hash', 'error', old.purl]]);
    const stronger = review(side([hashed('SHA-256')]), side([hashed('SHA-512')]));
    expect(stronger).toEqual([['changed-hash', 'unknown', old.purl]]);
  });

  test('one more under the same version: an error where a version is one file, else a warning', () => {
    const more = { hashes: [...sha('b'), ...sha('a')] };
    expect(review(side([old]), side([{ ...old, ...more }]))).toEqual([['changed-hash', 'error', old.purl]]);
    const wheel: Component = { ...old, purl: 'pkg:pypi/left@1.0.0', ecosystem: 'PyPI' };
    expect(review(side([wheel]), side([{ ...wheel, ...more }]))).toEqual([['changed-hash', 'warning', wheel.purl]]);
    expect(review(side([{ ...wheel, ...more }]), side([wheel]))).toEqual([]);
  });

  test('another one, or none any more, in one of two lockfiles', () => {
    const locked = (inA: string, inB: string[]): Component => ({
      ...old,
      lockedHashes: [
        { path: 'a/package-lock.json', values: [`SHA-256:${inA.repeat(64)}`] },
        { path: 'b/package-lock.json', values: inB.map((letter) => `SHA-256:${letter.repeat(64)}`) },
      ],
    });
    const everywhere = {
      ...old,
      locations: [{ path: 'a/package-lock.json' }, { path: 'b/package-lock.json' }],
    };
    expect(review(side([everywhere]), side([everywhere]))).toEqual([]);
    expect(review(side([everywhere]), side([locked('a', ['b'])]))).toEqual([['changed-hash', 'error', old.purl]]);
    expect(review(side([everywhere]), side([locked('a', [])]))).toEqual([['missing-hash', 'error', old.purl]]);
    const different = side([locked('a', ['b'])]);
    expect(review(different, different)).toEqual([]);
    // A lockfile that is new is held against all of before.
    expect(review(side([{ ...everywhere, locations: [{ path: 'c' }] }]), side([everywhere]))).toEqual([]);
  });

  test('none, as before, beside another version that has one', () => {
    const both = side([{ ...old, hashes: [] }, young]);
    expect(review(both, both)).toEqual([]);
  });

  test('none any more, or none among others that have one', () => {
    expect(review(side([old]), side([{ ...young, hashes: [] }]))).toEqual([['missing-hash', 'error', young.purl]]);
    const bare = component('bare', '1.0.0', { hashes: [] });
    expect(review(side([old]), side([old, bare]))).toEqual([['missing-hash', 'error', bare.purl]]);
    // A format that has no hashes at all is not held against a package.
    expect(review(side([]), side([bare]))).toEqual([]);
  });

  test('what is fetched by commit needs none', () => {
    const purl = `pkg:npm/bare@1.0.0?vcs_url=git%2Bhttps://github.com/o/r%40${'ab'.repeat(20)}`;
    expect(review(side([old]), side([old, component('bare', '1.0.0', { hashes: [], purl })]))).toEqual([]);
  });
});

describe('sources', () => {
  test('another registry than before', () => {
    const moved = { ...young, fetchedFrom: ['https://npm.example.org'] };
    expect(review(side([old]), side([moved]))).toEqual([['moved-source', 'error', young.purl]]);
  });

  test('an address where there was none: of a public registry it is the one that is configured', () => {
    const silent = { ...old, fetchedFrom: [] };
    const from = (origin: string, one = young) => ({ ...one, fetchedFrom: [origin] });
    expect(review(side([silent]), side([from('https://evil.example')]))).toEqual([
      ['moved-source', 'error', young.purl],
    ]);
    expect(review(side([silent]), side([from('https://evil.example', old)]))).toEqual([
      ['moved-source', 'error', old.purl],
    ]);
    expect(review(side([silent]), side([from(NPM)]))).toEqual([]);
    const other = component('right', '1.0.0');
    expect(review(side([silent]), side([silent, from('https://evil.example', other)]))).toEqual([
      ['moved-source', 'warning', other.purl],
    ]);
    expect(review(side([silent]), side([silent, other]))).toEqual([]);
  });

  test('listed as another than is fetched', () => {
    const evil = component('evil', '1.0.0', { listedAs: 'left@1.0.0' });
    expect(review(side([old]), side([evil]))).toEqual([['moved-source', 'error', evil.purl]]);
    const honest = component('evil', '1.0.0');
    expect(review(side([old, honest]), side([evil]))).toEqual([['moved-source', 'error', evil.purl]]);
    expect(review(side([evil]), side([evil]))).toEqual([]);
  });

  test('a registry that nothing came from before', () => {
    const other = component('right', '1.0.0', { fetchedFrom: ['https://npm.example.org'] });
    expect(review(side([old]), side([old, other]))).toEqual([['moved-source', 'warning', other.purl]]);
    expect(review(side([]), side([other]))).toEqual([]);
  });

  test('a repository instead of a registry, and another commit of the same one', () => {
    const from = (commit: string): Component => ({
      ...young,
      purl: `pkg:npm/left@1.1.0?vcs_url=git%2Bhttps://github.com/o/r%40${commit.repeat(40)}`,
      hashes: [],
      fetchedFrom: [],
    });
    expect(review(side([old]), side([from('a')])).map(([rule, level]) => [rule, level])).toEqual([
      ['moved-source', 'error'],
    ]);
    expect(review(side([from('a')]), side([from('b')]))).toEqual([]);
    // The name may be anybody's in a registry.
    const published = component('left', '9.9.9');
    expect(review(side([from('a')]), side([published]))).toEqual([['moved-source', 'error', published.purl]]);
    expect(review(side([from('a'), old]), side([published]))).toEqual([]);
  });
});

test.each<[string, Component[], string]>([
  ['an update', [old], 'error'],
  ['the same version', [young], 'error'],
  ['a new package', [], 'warning'],
])('commands at installation: %s', (_, before, level) => {
  const scripted = { ...young, installScript: true as const };
  expect(review(side(before), side([scripted]))).toEqual([['install-script', level, young.purl]]);
  expect(review(side([{ ...old, installScript: true }]), side([scripted]))).toEqual([]);
});

test('licences that are denied, where they are new', () => {
  const under = (expression: string, of = young): Component => ({
    ...of,
    licences: [{ kind: 'expression', expression }],
  });
  const denied = { deniedLicences: ['AGPL-*'] };
  expect(review(side([old]), side([under('AGPL-3.0-only')]), denied)).toEqual([['licence', 'error', young.purl]]);
  expect(review(side([old]), side([under('MIT OR AGPL-3.0-only')]), denied)).toEqual([]);
  expect(review(side([under('AGPL-3.0-only', old)]), side([under('AGPL-3.0-only')]), denied)).toEqual([]);
});

test('matches that could not be decided count for what arrived only', () => {
  const undecided = [old, young].map(({ purl }) => ({ purl, advisory: 'CVE-1', reason: 'no version' }));
  const result = reviewChange(side([old]), { ...side([old, young]), undecided }, rules);
  expect(result.undecided.map(({ purl }) => purl)).toEqual([young.purl]);
});

describe('age', () => {
  const now = new Date('2026-01-10T00:00:00Z');
  test.each<[string, string | undefined, string[][]]>([
    ['old enough', '2026-01-05T00:00:00Z', []],
    ['too new', '2026-01-09T00:00:00Z', [['too-new', 'error']]],
    ['not told', undefined, [['too-new', 'unknown']]],
    ['no date', 'yesterday', [['too-new', 'unknown']]],
  ])('%s', (_, published, expected) => {
    const age = { minDays: 3, now, publishedAt: new Map([[young.purl, published]]) };
    const { concerns } = reviewChange(side([old]), side([young]), rules, age);
    expect(concerns.map(({ rule, level }) => [rule, level])).toEqual(expected);
    // What was there before is as old as it is.
    expect(reviewChange(side([young]), side([young]), rules, age).concerns).toEqual([]);
  });
});

test('what was not checked is said', () => {
  const maven = { ...component('g:a', ''), ecosystem: 'Maven' as const, fetchedFrom: [], foundBy: 'maven-pom' };
  const { fetchedFrom: _, ...silent } = maven;
  expect(
    uncheckedIn(
      [silent, component('yarned', '1.0.0', { foundBy: 'yarn-lockfile' })],
      { ...rules, deniedLicences: ['X'] },
      undefined,
      new Map([['Maven', 1]]),
    ),
  ).toEqual([
    'vulnerabilities: there are no advisories of Maven, which 1 package is of (pratique advisories sync)',
    'age: lockfiles have no dates, and 2 packages are of no registry that was asked (--min-age, --registry)',
    'imitated names: there is no list of much used names of Maven',
    'commands that run at installation: not said by the lockfiles of 1 package',
    'licences: 2 packages state none',
    'registries: 1 package without a word where they are fetched from',
    'versions: 1 package is not pinned to one',
  ]);
  expect(uncheckedIn([], rules, undefined, new Map())).toEqual([]);
});
