import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { compareVersions } from '../../../../domain/advisory/compare-versions.ts';
import { compareApk } from '../../../../domain/advisory/version-order/apk.ts';
import { compareCran } from '../../../../domain/advisory/version-order/cran.ts';
import { compareDpkg } from '../../../../domain/advisory/version-order/dpkg.ts';
import { compareGo } from '../../../../domain/advisory/version-order/go.ts';
import { compareMaven } from '../../../../domain/advisory/version-order/maven.ts';
import { compareNuget } from '../../../../domain/advisory/version-order/nuget.ts';
import type { VersionOrder } from '../../../../domain/advisory/version-order/order.ts';
import { comparePackagist } from '../../../../domain/advisory/version-order/packagist.ts';
import { comparePep440 } from '../../../../domain/advisory/version-order/pep440.ts';
import { comparePub } from '../../../../domain/advisory/version-order/pub.ts';
import { compareRpm } from '../../../../domain/advisory/version-order/rpm.ts';
import { compareRubyGems } from '../../../../domain/advisory/version-order/rubygems.ts';
import { compareSemver } from '../../../../domain/advisory/version-order/semver.ts';
import { type Ecosystem, ecosystems } from '../../../../domain/sbom/component.ts';
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

const files: readonly (readonly [string, VersionOrder, number])[] = [
  ['semver-versions.txt', compareSemver, 80],
  ['semver-versions.txt', compareGo, 80],
  ['pypi-versions.txt', comparePep440, 35],
  ['debian-versions.txt', compareDpkg, 30],
  ['debian-versions-generated.txt', compareDpkg, 14_000],
  ['maven-versions.txt', compareMaven, 100],
  ['rubygems-versions.txt', compareRubyGems, 20],
  ['packagist-versions.txt', comparePackagist, 80],
  ['nuget-versions.txt', compareNuget, 30],
  ['pub-versions.txt', comparePub, 90],
  ['cran-versions.txt', compareCran, 15],
  ['hackage-versions.txt', compareCran, 10],
  ['alpine-versions.txt', compareApk, 700],
  ['alpine-versions-generated.txt', compareApk, 13_000],
  ['redhat-versions.txt', compareRpm, 160],
];

const vectors = testData('vectors.tar.gz');
describe.skipIf(vectors === undefined)('every line of the public vectors, both ways round', () => {
  test.each(files)('%s', (file, compare, least) => {
    const lines = readVectors(path.join(vectors!, 'version-order', file));
    expect(lines.length).toBeGreaterThanOrEqual(least);
    const wrong = lines.filter(([a, sign, b]) => {
      const back = compare(b, a);
      return compare(a, b) !== sign || back === undefined || back + sign !== 0;
    });
    expect(wrong).toEqual([]);
  });

  test('no file is left out', () => {
    const there = readdirSync(path.join(vectors!, 'version-order')).filter((name) => name.endsWith('.txt'));
    expect(there.filter((name) => name !== 'SOURCE.txt').sort()).toEqual(
      [...new Set(files.map(([name]) => name))].sort(),
    );
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
    ['RubyGems', '1.16.0-arm-linux-gnu', '=', '1.16.0'],
    ['RubyGems', '1.16.0-arm64-darwin', '=', '1.16.0'],
  ])('%s: %s %s %s', (ecosystem, a, sign, b) => {
    expect(compareVersions(ecosystem, a, b)).toBe(SIGNS[sign]);
  });

  test.each<[Ecosystem, string, string]>([
    ['npm', 'latest', '1.0.0'],
    ['npm', '1.0.0', 'git+https://example.com/x.git'],
    ['PyPI', '1.0 beta', '1.0'],
    ['RubyGems', '1.0 beta', '1.0'],
    ['NuGet', 'latest', '1.0'],
    ['Red Hat', '1.0 beta', '1.0'],
    ['CRAN', '1.0-beta', '1.0'],
    ['Debian', 'a:1.0', '1.0'],
    ['Debian', '1.0 beta', '1.0'],
    ['Maven', '', '1.0'],
    ['npm', '1'.repeat(300), '1.0.0'],
    // No order is known for it: not a guess by another one's rules.
    ['generic', '1.0', '2.0'],
  ])('%s: "%s" and "%s" have no order', (ecosystem, a, b) => {
    expect(compareVersions(ecosystem, a, b)).toBeUndefined();
  });

  it('compares hostile versions in linear time', () => {
    const started = performance.now();
    for (const ecosystem of ecosystems)
      for (const text of ['-'.repeat(250), '1.'.repeat(120), '1a'.repeat(120), '0'.repeat(250)])
        compareVersions(ecosystem, text, `${text}1`);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
