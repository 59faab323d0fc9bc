import { describe, expect, it } from 'vitest';
import { allowsVersion } from '../../../../domain/advisory/allows-version.ts';
import type { Ecosystem } from '../../../../domain/sbom/component.ts';

/** Range, versions it lets in, versions it does not. */
type Row = readonly [range: string, yes: readonly string[], no: readonly string[]];

const tables: Partial<Record<Ecosystem, readonly Row[]>> = {
  // https://github.com/npm/node-semver#advanced-range-syntax
  npm: [
    ['^1.2.3', ['1.2.3', '1.9.0'], ['1.2.2', '2.0.0']],
    ['^0.2.3', ['0.2.9'], ['0.3.0']],
    ['^0.0.3', ['0.0.3'], ['0.0.4']],
    ['^0.0', ['0.0.9'], ['0.1.0']],
    ['^0', ['0.9.9'], ['1.0.0']],
    ['^1.2.3-beta.2', ['1.2.3', '1.3.0'], ['2.0.0']],
    ['~1.2.3', ['1.2.9'], ['1.3.0']],
    ['~1.2', ['1.2.0'], ['1.3.0']],
    ['~1', ['1.9.0'], ['2.0.0']],
    ['1.2.3', ['1.2.3'], ['1.2.4']],
    ['=1.2.3', ['1.2.3'], ['1.2.4']],
    ['1.2', ['1.2.9'], ['1.3.0']],
    ['1.2.x', ['1.2.9'], ['1.3.0']],
    ['1.x.x', ['1.9.0'], ['2.0.0']],
    ['1', ['1.9.9'], ['2.0.0', '0.9.0']],
    ['*', ['9.9.9'], []],
    ['', ['9.9.9'], []],
    ['>1.2', ['1.3.0'], ['1.2.9']],
    ['<=1.2', ['1.2.9'], ['1.3.0']],
    ['>= 1.2.7 < 1.3.0', ['1.2.8'], ['1.3.0', '1.2.6']],
    ['1.2.3 - 2.3', ['2.3.9', '1.2.3'], ['2.4.0', '1.2.2']],
    ['1.2.7 || >=1.2.9 <2.0.0', ['1.2.7', '1.4.6'], ['1.2.8', '2.0.0']],
    ['npm:^1.2.3', ['1.9.0'], ['2.0.0']],
    ['npm:@scope/name@~1.2.3', ['1.2.4'], ['1.3.0']],
    ['<2.0.0-beta', ['1.9.9'], ['2.0.0']],
    ['1.2.3+build', ['1.2.3'], ['1.2.4']],
  ],
  // https://python-poetry.org/docs/dependency-specification/
  PyPI: [
    ['>=1.21.1,<1.27', ['1.26.18'], ['1.27', '1.27.0', '1.21.0']],
    ['^1.2', ['1.9'], ['2.0']],
    ['~1.2', ['1.2.9'], ['1.3']],
    ['~=1.4.2', ['1.4.9'], ['1.5']],
    ['~=2.2', ['2.9'], ['3.0']],
    ['==1.2.*', ['1.2.7'], ['1.3']],
    ['!=1.5,>=1', ['1.6'], ['1.5', '1.5.0']],
    ['>=2.0.0,<3.0.0 || >=4', ['2.5', '4.1'], ['3.5']],
    ['>=1.0rc1', ['1.0'], ['0.9']],
    ['>1.2', ['1.2.1'], ['1.2']],
    ['1.2.3', ['1.2.3'], ['1.2.4']],
  ],
  RubyGems: [
    ['~> 1.2.3', ['1.2.9'], ['1.3.0']],
    ['~> 1.2', ['1.9'], ['2.0']],
    ['>= 1.0, < 3', ['2.9'], ['3.0']],
    ['= 5.2.3', ['5.2.3'], ['5.2.4']],
    ['!= 1.1', ['1.2'], ['1.1']],
    ['>= 1.0.a', ['1.0'], ['0.9']],
  ],
  // https://getcomposer.org/doc/articles/versions.md
  Packagist: [
    ['~1.2', ['1.9.9'], ['2.0.0']],
    ['~1.2.3', ['1.2.9'], ['1.3.0']],
    ['^0.3', ['0.3.9'], ['0.4.0']],
    ['^1.0 || ^2.0', ['2.4.1'], ['3.0.0']],
    ['^1.0|^2.0', ['2.4.1'], ['3.0.0']],
    ['>=1.0,<1.1 || >=1.2', ['1.2', '1.0.5'], ['1.1']],
    ['1.0.*', ['1.0.9'], ['1.1.0']],
    ['1.0 - 2.0', ['2.0.9'], ['2.1']],
    ['^1.0@dev', ['1.5'], ['2.0']],
    ['v1.2.3', ['1.2.3'], ['1.2.4']],
    ['>=1.0.0-beta1 <2.0', ['v1.0.0'], ['2.0']],
  ],
};

describe('allowsVersion', () => {
  for (const [ecosystem, rows] of Object.entries(tables))
    it.each(rows)(`reads ${ecosystem}: %s`, (range, yes, no) => {
      const allows = (version: string) => allowsVersion(ecosystem as Ecosystem, range, version);
      expect(yes.map(allows)).toEqual(yes.map(() => true));
      expect(no.map(allows)).toEqual(no.map(() => false));
    });

  it.each([
    ['npm', 'latest', '1.0.0'],
    ['npm', 'git+https://example.org/a.git', '1.0.0'],
    ['npm', 'workspace:^', '1.0.0'],
    ['npm', '^1.0.0', '1.1.0-rc.1'],
    ['npm', `^1.${'9'.repeat(20)}.0`, '1.1.0'],
    ['npm', '^1.0.0'.repeat(200), '1.0.0'],
    ['PyPI', '1!2.0', '2.0'],
    ['PyPI', '>=1.0.post1', '1.0'],
    ['Packagist', 'dev-master', '1.0'],
    ['Packagist', 'self.version', '1.0'],
    ['crates.io', '^1', '1.0.0'],
  ] as const)('promises nothing of what it does not understand: %s %s', (ecosystem, range, version) => {
    expect(allowsVersion(ecosystem, range, version)).toBeUndefined();
  });
});
