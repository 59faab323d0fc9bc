import { expect, test } from 'vitest';
import { closestName } from '../../../../domain/policy/closest-name.ts';
import { matchesPattern } from '../../../../domain/policy/repository-pattern.ts';
import { canonicalSource } from '../../../../domain/policy/source-address.ts';

test.each([
  ['team/shop', 'team/shop', true],
  ['team/shop', 'team/shop2', false],
  ['team/*', 'team/shop', true],
  ['team/*', 'team/shop/web', false],
  ['team/*', 'xteam/shop', false],
  ['team/**', 'team/shop/web', true],
  ['team/**', 'team', false],
  ['**', 'a/b/c', true],
  ['**/web', 'web', true],
  ['**/web', 'a/b/web', true],
  ['**/web', 'a/bweb', false],
  ['a/**/web', 'a/web', true],
  ['a/**/web', 'a/b/c/web', true],
  ['a/**/web', 'b/a/web', false],
  ['**/**', 'a/b', true],
  ['', '', true],
  ['', 'a', false],
  ['te*m/w*b', 'team/web', true],
  ['a.b', 'axb', false],
  ['a+(b)[c]{1}', 'a+(b)[c]{1}', true],
])('%s matches %s: %s', (pattern, name, expected) => {
  expect(matchesPattern(pattern, name)).toBe(expected);
});

test('a hostile name costs no time', () => {
  const started = performance.now();
  expect(matchesPattern('*a'.repeat(100), `${'a'.repeat(2000)}b`)).toBe(false);
  expect(matchesPattern('**/a'.repeat(60), `${'/a'.repeat(1000)}b`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(5000);
});

test.each([
  ['git+https://Git.Example/shop/web.git@refs/heads/main', 'https://git.example/shop/web'],
  [`git+https://git.example/shop/web@${'a'.repeat(40)}`, 'https://git.example/shop/web'],
  ['https://user:secret@git.example/shop/web/', 'https://git.example/shop/web'],
  ['https://git.example/shop/web?ref=main#readme', 'https://git.example/shop/web'],
  ['https://git.example/@shop/web', 'https://git.example/@shop/web'],
  ['ssh://git@git.example:2222/shop/web.git', 'ssh://git.example:2222/shop/web'],
  ['git@git.example:shop/web.git', 'git@git.example:shop/web'],
  ['/srv/git/shop.git/', '/srv/git/shop'],
  ['file:///srv/git/shop', 'file:///srv/git/shop'],
  ['https://github.com/acme/../evil/app.git', 'https://github.com/evil/app'],
  ['https://github.com/acme/%2E./evil/./app', 'https://github.com/evil/app'],
  ['https://github.com/../../evil/app', 'https://github.com/evil/app'],
  ['git@git.example:acme/../evil/app.git', 'git@git.example:evil/app'],
  ['git@git.example:../evil/app.git', 'git@git.example:../evil/app'],
  ['/srv/git/../evil.git', '/srv/evil'],
  // Case matters in paths.
  ['https://git.example/Shop', 'https://git.example/Shop'],
])('source %s is %s', (address, expected) => {
  expect(canonicalSource(address)).toBe(expected);
  expect(canonicalSource(expected)).toBe(expected);
});

test.each([
  ['severty', 'severity'],
  ['Severity', 'severity'],
  ['siganture', 'signature'],
  ['gate', undefined],
  ['x'.repeat(1000), undefined],
])('%s was meant as %s', (word, expected) => {
  expect(closestName(word, ['severity', 'signature', 'sbom'])).toBe(expected);
});
