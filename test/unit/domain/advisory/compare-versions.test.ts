import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { compareVersions } from '../../../../domain/advisory/compare-versions.ts';
import type { Ecosystem } from '../../../../domain/sbom/component.ts';
import { testData } from '../../../fixtures/test-data.ts';

const SIGNS = { '<': -1, '=': 0, '>': 1 } as const;

/** `A < B` lines; `//` and `#` are comments. */
function readVectors(file: string): (readonly [string, -1 | 0 | 1, string])[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^(\S+) ([<=>]) (\S+)$/.exec(line.trim());
      return match === null || /^(\/\/|#)/.test(line)
        ? []
        : [[match[1]!, SIGNS[match[2] as keyof typeof SIGNS], match[3]!] as const];
    });
}

/** Versions from before PEP 440: the specification gives them no order, so they are undecided rather than guessed. */
const LEGACY = /bulbasaur|charmander|doduo|eevee|fearow|gyarados|horsea|ivysaur|-class\./;

const files: readonly (readonly [Ecosystem, string, number])[] = [
  ['npm', 'semver-versions.txt', 80],
  ['crates.io', 'semver-versions.txt', 80],
  ['Go', 'semver-versions.txt', 80],
  ['PyPI', 'pypi-versions.txt', 35],
  ['Debian', 'debian-versions.txt', 30],
  ['Debian', 'debian-versions-generated.txt', 14_000],
  ['Maven', 'maven-versions.txt', 100],
];

const vectors = testData('vectors.tar.gz');
describe.skipIf(vectors === undefined)('order of the public vectors, both ways round', () => {
  test.each(files)('%s: %s', (ecosystem, file, least) => {
    const lines = readVectors(path.join(vectors!, 'version-order', file));
    expect(lines.length).toBeGreaterThanOrEqual(least);
    const wrong = lines.filter(([a, sign, b]) => {
      if (ecosystem === 'PyPI' && LEGACY.test(`${a} ${b}`)) return compareVersions(ecosystem, a, b) !== undefined;
      const back = compareVersions(ecosystem, b, a);
      return compareVersions(ecosystem, a, b) !== sign || back === undefined || back + sign !== 0;
    });
    expect(wrong).toEqual([]);
  });
});

describe('facts the vectors leave out', () => {
  test.each<[Ecosystem, string, '<' | '=' | '>', string]>([
    // https://go.dev/ref/mod#pseudo-versions
    ['Go', 'v0.0.0-20220521103104-8f96da9f5d5e', '<', 'v0.0.0-20220622103104-aaaaaaaaaaaa'],
    ['Go', '1.3.1-0.20190301021747-ccb9e902956d', '<', '1.3.1'],
    ['Go', 'v28.2.0+incompatible', '=', '28.2.0'],
    // https://go.dev/doc/toolchain#version, as the Go vulnerability database writes `stdlib`
    ['Go', 'go1.21rc2', '<', '1.21.0'],
    ['Go', 'go1.21rc2', '>', '1.21.0-0'],
    ['Go', 'go1.22.1', '=', '1.22.1'],
    ['Go', 'go1.22.1 X:boringcrypto', '=', '1.22.1'],
    ['npm', '1.0', '=', '1.0.0'],
    ['npm', '1.0.0-rc.1', '<', '1.0.0'],
    ['PyPI', '1.0.post1', '>', '1.0'],
    ['PyPI', '1.0.dev1', '<', '1.0a1'],
    // Debian Policy 5.6.12: "a tilde sorts before anything, even the end of a part"
    ['Debian', '3.0.14-1~deb12u2', '<', '3.0.14-1'],
    ['Debian', '2.36-9+deb12u10', '>', '2.36-9+deb12u9'],
    ['Debian', '5.6.1-1', '<', '5.6.1+really5.4.5-1'],
    ['Debian', '1:1.0', '>', '2.0'],
    ['Maven', '5.3.18', '>', '5.2.20.RELEASE'],
    ['Maven', '2.13.4.2', '>', '2.13.4.1'],
    // MNG-7644: a qualifier behind a dot is one behind a hyphen
    ['Maven', '1.0.0.RC1', '<', '1.0.0-RC2'],
    ['Maven', '32.0.0-jre', '>', '31.1-jre'],
  ])('%s: %s %s %s', (ecosystem, a, sign, b) => {
    expect(compareVersions(ecosystem, a, b)).toBe(SIGNS[sign]);
  });

  test.each<[Ecosystem, string, string]>([
    ['npm', 'latest', '1.0.0'],
    ['npm', '1.0.0', 'git+https://example.com/x.git'],
    ['PyPI', '1.0-SNAPSHOT-x', '1.0'],
    ['Debian', 'a:1.0', '1.0'],
    ['Debian', '1.0 beta', '1.0'],
    ['Maven', '', '1.0'],
    ['npm', '1'.repeat(300), '1.0.0'],
    // No order is known for it: not a guess by another one's rules.
    ['RubyGems', '1.0', '2.0'],
    ['generic', '1.0', '2.0'],
  ])('%s: "%s" and "%s" have no order', (ecosystem, a, b) => {
    expect(compareVersions(ecosystem, a, b)).toBeUndefined();
  });

  it('compares hostile versions in linear time', () => {
    const started = performance.now();
    for (const ecosystem of ['npm', 'PyPI', 'Debian', 'Maven'] as const)
      for (const text of ['-'.repeat(250), '1.'.repeat(120), '1a'.repeat(120), '0'.repeat(250)])
        compareVersions(ecosystem, text, `${text}1`);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
