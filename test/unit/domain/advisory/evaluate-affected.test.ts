import { describe, expect, test } from 'vitest';
import { evaluateAffected } from '../../../../domain/advisory/evaluate-affected.ts';
import type { Ecosystem } from '../../../../domain/sbom/component.ts';
import { affects, osv } from './osv.ts';

function evaluate(ecosystem: Ecosystem, version: string, affected: object) {
  return evaluateAffected(ecosystem, version, osv('GHSA-test-test-test', { affected: [affected] }).affected[0]!);
}

/** https://ossf.github.io/osv-schema/#evaluation and its examples. */
describe('the evaluation algorithm', () => {
  test.each<[string, string, string]>([
    // unfixed
    ['i:0', '0.0.1', 'affected'],
    ['i:0', '99.0.0', 'affected'],
    // fixed
    ['i:0 f:1.0.2', '1.0.1', 'affected'],
    ['i:0 f:1.0.2', '1.0.2', 'unaffected'],
    ['i:0 f:1.0.2', '1.0.2-rc.1', 'affected'],
    // two branches in one range, whatever the order they are written in
    ['i:1.0.0 f:1.0.2 i:3.0.0 f:3.2.5', '0.9.0', 'unaffected'],
    ['i:1.0.0 f:1.0.2 i:3.0.0 f:3.2.5', '1.0.1', 'affected'],
    ['i:1.0.0 f:1.0.2 i:3.0.0 f:3.2.5', '2.0.0', 'unaffected'],
    ['f:3.2.5 i:3.0.0 f:1.0.2 i:1.0.0', '3.2.4', 'affected'],
    ['f:3.2.5 i:3.0.0 f:1.0.2 i:1.0.0', '2.9.9', 'unaffected'],
    // last_affected is inclusive
    ['i:1.0.0 l:2.1.214', '2.1.214', 'affected'],
    ['i:1.0.0 l:2.1.214', '2.1.215', 'unaffected'],
    // limit: versions at or above every limit are out
    ['i:0 limit:2.0.0', '1.9.9', 'affected'],
    ['i:0 limit:2.0.0', '2.0.0', 'unaffected'],
    ['i:0 limit:*', '5.0.0', 'affected'],
    ['i:0 limit:1.0.0 limit:2.0.0', '1.5.0', 'affected'],
  ])('%s holds %s: %s', (events, version, kind) => {
    expect(evaluate('npm', version, affects('npm', 'x', events, 'SEMVER')).kind).toBe(kind);
  });

  test.each<[string, object, string]>([
    ['5.0.0', affects('npm', 'x', 'i:0'), '5.0.0 is in the range from the beginning on, and no end'],
    ['5.0.0', affects('npm', 'x', 'i:1.0.0 f:2.0.0 i:4.0.0 l:5.1.0'), '5.0.0 is in the range from 4.0.0 up to 5.1.0'],
    ['1.0.0', { ...affects('npm', 'x', 'i:2.0.0'), versions: ['1.0.0'] }, '1.0.0 is in the list of affected versions'],
    ['v1.0', { versions: ['1.0.0'] }, 'v1.0 is in the list of affected versions, in another spelling'],
  ])('%s says why it matches', (version, affected, because) => {
    expect(evaluate('npm', version, affected)).toMatchObject({ kind: 'affected', because });
  });

  test('enumerated versions match without an order, and equal ones match in other spellings', () => {
    const listed = { package: { ecosystem: 'RubyGems', name: 'x' }, versions: ['1.0.a'] };
    expect(evaluate('RubyGems', '1.0.a', listed).kind).toBe('affected');
    expect(evaluate('RubyGems', '1.0.b', listed).kind).toBe('unaffected');
    expect(evaluate('PyPI', '1.0.0', { package: { ecosystem: 'PyPI', name: 'x' }, versions: ['1.0'] }).kind).toBe(
      'affected',
    );
  });

  test('SEMVER ranges of Debian-like ecosystems use semantic order, ECOSYSTEM ranges their own', () => {
    expect(evaluate('Debian', '1.0~rc1', affects('Debian:12', 'x', 'i:0 f:1.0')).kind).toBe('affected');
    expect(evaluate('PyPI', '1.0.0-1', affects('PyPI', 'x', 'i:0 f:1.0.0', 'SEMVER')).kind).toBe('affected');
  });
});

describe('Python', () => {
  const listed = (...versions: string[]) => ({ package: { ecosystem: 'PyPI', name: 'x' }, versions });
  test.each<[string, string, object, string]>([
    // https://packaging.python.org/specifications/version-specifiers/#version-matching: a local label is not looked at
    ['a build', '2.6.0+cu124', affects('PyPI', 'x', 'i:0 l:2.6.0'), 'affected'],
    ['a build of a later one', '2.6.1+cu124', affects('PyPI', 'x', 'i:0 l:2.6.0'), 'unaffected'],
    ['a build of the fixed one', '2.6.0+cu124', affects('PyPI', 'x', 'i:0 f:2.6.0'), 'unaffected'],
    ['a build of the first', '2.6.0+cpu', affects('PyPI', 'x', 'i:2.6.0 l:2.6.0'), 'affected'],
    ['a build of one in a list', '2.10.0+cu128', listed('2.10.0'), 'affected'],
    ['a build where builds are named', '2.6.0+cu124', affects('PyPI', 'x', 'i:0 l:2.6.0+cu118'), 'unaffected'],
    ['the version of a build in a list', '2.6.0', listed('2.6.0+cu124'), 'unaffected'],
    // PYSEC-2025-192: what is no version says nothing of its own release
    ['the release of what is no version', '2.6.0', affects('PyPI', 'x', 'i:0 l:2.6.0-NA'), 'undecided'],
    ['a build of it', '2.6.0+cu124', affects('PyPI', 'x', 'i:0 l:2.6.0-cu124'), 'undecided'],
    ['a release before it', '2.5.1', affects('PyPI', 'x', 'i:0 l:2.6.0-NA'), 'affected'],
    ['a release after it', '2.7.0', affects('PyPI', 'x', 'i:0 l:2.6.0-NA'), 'unaffected'],
    ['a release, and no word', '2024.9.1', affects('PyPI', 'x', 'i:0 l:2024-09-25'), 'undecided'],
    ['no version either', '2.6.0-NA', affects('PyPI', 'x', 'i:0 l:2.6.0-NA'), 'affected'],
    ['no version, and one that is', '2004-d', affects('PyPI', 'x', 'i:0 f:1.0'), 'affected'],
  ])('%s', (_, version, affected, kind) => {
    expect(evaluate('PyPI', version, affected).kind).toBe(kind);
  });
});

describe('what cannot be decided says why', () => {
  test.each<[string, Ecosystem, string, object, RegExp]>([
    ['an unreadable version', 'npm', 'latest', affects('npm', 'x', 'i:0 f:1.0.0'), /latest and 1\.0\.0 have no order/],
    ['an unknown order', 'generic', '1.0', affects('generic', 'x', 'i:0 f:1.1'), /no order in generic/],
    [
      'Git ranges alone',
      'npm',
      '1.0.0',
      { package: { ecosystem: 'npm', name: 'x' }, ranges: [{ type: 'GIT', events: [{ introduced: '0' }] }] },
      /Git commits only/,
    ],
    ['no versions at all', 'PyPI', '1.0', { package: { ecosystem: 'PyPI', name: 'x' } }, /no versions/],
  ])('%s', (_, ecosystem, version, affected, reason) => {
    expect(evaluate(ecosystem, version, affected)).toEqual({
      kind: 'undecided',
      reason: expect.stringMatching(reason),
    });
  });

  test('Git ranges beside others are ignored', () => {
    const affected = {
      package: { ecosystem: 'npm', name: 'x' },
      ranges: [
        { type: 'GIT', events: [{ introduced: '0' }, { fixed: 'abc' }] },
        ...affects('npm', 'x', 'i:0 f:2.0.0').ranges,
      ],
    };
    expect(evaluate('npm', '2.0.0', affected)).toEqual({ kind: 'unaffected' });
  });

  test('an unreadable version matches where everything is affected', () => {
    expect(evaluate('npm', 'latest', affects('npm', 'x', 'i:0')).kind).toBe('affected');
  });
});

describe('a version that nobody pinned', () => {
  const npm = { ecosystem: 'npm', name: 'a' };
  test.each([
    [
      'every version is affected',
      { ranges: [{ type: 'SEMVER' as const, events: [{ introduced: '0' }] }], versions: [] },
      'affected',
    ],
    [
      'some are',
      { ranges: [{ type: 'SEMVER' as const, events: [{ introduced: '0' }, { fixed: '2.0.0' }] }], versions: [] },
      'undecided',
    ],
    ['a list of them is', { ranges: [], versions: ['1.0.0'] }, 'undecided'],
  ])('%s', (_, affected, kind) => {
    expect(evaluate('npm', '', { package: npm, ...affected }).kind).toBe(kind);
  });
});
