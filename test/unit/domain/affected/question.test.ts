import { expect, test } from 'vitest';
import { AffectedError } from '../../../../domain/affected/affected-error.ts';
import { type AffectedQuestion, parseQuestion } from '../../../../domain/affected/question.ts';
import { SelectorError } from '../../../../domain/incident/selector-error.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const component = (purl: string, range?: { operator: string; version: string }[]) =>
  ({ about: 'component', purl, range }) as AffectedQuestion;

test.each<[text: string, question: AffectedQuestion]>([
  ['CVE-2021-44228', { about: 'advisory', id: 'CVE-2021-44228' }],
  [' cve-2021-44228 ', { about: 'advisory', id: 'CVE-2021-44228' }],
  ['ghsa-JFH8-c2jp-5v3q', { about: 'advisory', id: 'GHSA-jfh8-c2jp-5v3q' }],
  ['DSA-5000-1', { about: 'advisory', id: 'DSA-5000-1' }],
  ['RUSTSEC-2021-0001', { about: 'advisory', id: 'RUSTSEC-2021-0001' }],
  ['MAL-2024-1', { about: 'advisory', id: 'MAL-2024-1' }],
  ['pkg:npm/lodash', component('pkg:npm/lodash')],
  ['component:pkg:npm/lodash@1', component('pkg:npm/lodash@1')],
  ['pkg:npm/lodash@4.17.20', component('pkg:npm/lodash@4.17.20')],
  // Of a scope: the `@` before it is no version, spelled either way.
  ['pkg:npm/@acme/web@1.0.0', component('pkg:npm/%40acme/web@1.0.0')],
  ['pkg:npm/%40acme/web', component('pkg:npm/%40acme/web')],
  ['pkg:npm/@acme/web@<2', component('pkg:npm/%40acme/web', [{ operator: '<', version: '2' }])],
  [
    'pkg:npm/lodash@>=4.0.0, <4.17.21',
    component('pkg:npm/lodash', [
      { operator: '>=', version: '4.0.0' },
      { operator: '<', version: '4.17.21' },
    ]),
  ],
  ['pkg:deb/debian/zlib1g@1:1.2.11?arch=amd64', component('pkg:deb/debian/zlib1g@1:1.2.11')],
  ['pkg:golang/example.com/tool@(devel)', component('pkg:golang/example.com/tool@%28devel%29')],
  ['pkg:composer/acme/web@5.x-dev', component('pkg:composer/acme/web@5.x-dev')],
  ['builder:ci', { about: 'selector', selector: { kind: 'builder', value: 'ci' } }],
  ['signer:release', { about: 'selector', selector: { kind: 'signer', value: 'release' } }],
  [digest, { about: 'selector', selector: { kind: 'digest', value: digest } }],
  [`shop/web@${digest}`, { about: 'selector', selector: { kind: 'digest', value: digest } }],
])('%s', (text, question) => {
  expect(parseQuestion(text)).toEqual(question);
});

test.each([
  '',
  'lodash',
  'pkg:',
  'pkg:npm',
  'pkg:npm/lodash@<',
  'pkg:npm/lodash@<1,',
  'pkg:npm/lodash@>=1 <2',
  'pkg:npm/chalk@^5',
  'pkg:npm/chalk@%5E5',
  'pkg:npm/chalk@~5.0',
  'pkg:npm/chalk@5.x',
  'pkg:npm/chalk@*',
  'pkg:npm/chalk@5.0.0 - 6.0.0',
  'pkg:npm/chalk@1.0.0 || 2.0.0',
  'pkg:npm/chalk@garbage<<',
  'pkg:npm/chalk@vers:npm/>4|<6',
  'pkg:maven/org.example/a@[1.0,2.0)',
  'CVE',
  '../../etc',
])('%j is nothing to ask with', (text) => {
  expect(() => parseQuestion(text)).toThrow(AffectedError);
});

test('a selector with a wrong value says which', () => {
  expect(() => parseQuestion('commit:abc')).toThrow(SelectorError);
});
