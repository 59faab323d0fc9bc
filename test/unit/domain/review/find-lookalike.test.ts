import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findLookalike } from '../../../../domain/review/find-lookalike.ts';
import { isOneEditApart } from '../../../../domain/review/is-one-edit-apart.ts';
import { matchesName } from '../../../../domain/review/matches-name.ts';
import { popularNames } from '../../../../domain/review/popular/popular-names.ts';
import type { Ecosystem } from '../../../../domain/sbom/component.ts';

test.each<[Ecosystem, string, string | undefined, string | undefined]>([
  // Names that really were published to be mistaken.
  ['npm', 'crossenv', 'cross-env', 'separators'],
  ['npm', 'cross-env.js', 'cross-env', 'affix'],
  ['npm', 'electorn', 'electron', 'spelling'],
  ['npm', 'loadsh', 'lodash', 'spelling'],
  ['npm', 'mongose', 'mongoose', 'spelling'],
  ['npm', 'discordi.js', 'discord.js', 'spelling'],
  ['npm', 'babelcli', '@babel/cli', 'separators'],
  ['npm', 'nodemailer-js', 'nodemailer', 'affix'],
  ['PyPI', 'reqeusts', 'requests', 'spelling'],
  ['PyPI', 'python-dateutils', 'python-dateutil', 'spelling'],
  ['PyPI', 'jeIlyfish', 'jellyfish', 'characters'],
  ['PyPI', 'urllib', 'urllib3', 'spelling'],
  ['PyPI', 'djang0', 'django', 'characters'],
  ['crates.io', 'rustdecimal', 'rust_decimal', 'separators'],
  // Tricks of each kind.
  ['npm', 'l0dash', 'lodash', 'characters'],
  ['npm', 'chаlk-аnimation', undefined, undefined],
  ['npm', 'еxpress', 'express', 'characters'],
  ['npm', '@bable/core', '@babel/…', 'scope'],
  ['npm', '@type/node', '@types/…', 'scope'],
  ['npm', 'parser-body', 'body-parser', 'order'],
  ['NuGet', 'Newtonsoft_Json', 'newtonsoft.json', 'separators'],
  ['Packagist', 'symfonny/console', 'symfony/…', 'scope'],
  ['GitHub Actions', 'action/checkout', 'actions/…', 'scope'],
  // What is used much looks like nothing; what is in its scope is its owner's.
  ['npm', 'lodash', undefined, undefined],
  ['npm', 'preact', undefined, undefined],
  ['npm', 'Express', undefined, undefined],
  ['npm', '@babel/cora', undefined, undefined],
  ['PyPI', 'ruamel_yaml', undefined, undefined],
  ['npm', 'something-else-entirely', undefined, undefined],
  // Nobody knows which Maven artifacts are imitated.
  ['Maven', 'junit:junitt', undefined, undefined],
])('%s %s', (ecosystem, name, popular, trick) => {
  const found = findLookalike(name, ecosystem);
  expect([found?.popular, found?.trick]).toEqual([popular, trick]);
});

test.each(Object.entries(popularNames))(
  'of the list of %s none looks like another, and none stands there twice',
  (ecosystem, list) => {
    const names = list.split(/\s+/).filter((name) => name !== '');
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => findLookalike(name, ecosystem as Ecosystem) !== undefined)).toEqual([]);
  },
);

describe('isOneEditApart', () => {
  test.each([
    ['abc', 'abd', true],
    ['abc', 'ab', true],
    ['abc', 'xabc', true],
    ['abc', 'acb', true],
    ['abc', 'abc', false],
    ['abc', 'cba', false],
    ['abcd', 'ab', false],
    ['abcd', 'badc', false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(isOneEditApart(a, b)).toBe(expected);
    expect(isOneEditApart(b, a)).toBe(expected);
  });

  test('whatever is put in at one place', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (text, at, letter) => {
          const place = at % (text.length + 1);
          expect(isOneEditApart(text, text.slice(0, place) + letter + text.slice(place))).toBe(true);
        },
      ),
    );
  });
});

test.each([
  ['@acme/*', '@acme/ui', true],
  ['@acme/*', '@acme', false],
  ['acme-*', 'ACME-tools', true],
  ['acme-*', 'my-acme-tools', false],
  ['*acme*', 'my-acme-tools', true],
  ['a*a', 'a', false],
  ['a*b*a', 'abba', true],
  ['acme', 'acme', true],
  ['acme', 'acmes', false],
  ['a.me', 'acme', false],
])('%s names %s: %s', (pattern, name, expected) => {
  expect(matchesName(pattern, name)).toBe(expected);
});
