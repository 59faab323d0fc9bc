import { describe, expect, test } from 'vitest';
import type { BuildFact } from '../../../../domain/sbom/build-fact.ts';
import type { Component, Stock } from '../../../../domain/sbom/component.ts';
import { rollUp, sharedFacts } from '../../../../domain/sbom/roll-up.ts';

const component = (purl: string, more: Partial<Component> = {}): Component => ({
  purl,
  ecosystem: 'npm',
  advisoryName: 'a',
  name: 'a',
  version: '1',
  advisoryVersion: '1',
  licences: [],
  hashes: [],
  dependsOn: [],
  scope: 'runtime',
  locations: [{ path: '/a' }],
  foundBy: 'node-modules',
  ...more,
});
const stock = (components: Component[], more: Partial<Stock> = {}): Stock => ({
  components,
  unreadable: [],
  complete: true,
  ...more,
});
const two = (a: Stock, b: Stock): Stock =>
  rollUp([
    { platform: 'linux/arm64', stock: a },
    { platform: 'linux/amd64', stock: b },
  ]);

test('each component once, with the platforms it is on, in the order of purls', () => {
  const rolled = two(
    stock([component('pkg:npm/b@1'), component('pkg:npm/c@1')]),
    stock([component('pkg:npm/b@1'), component('pkg:npm/a@1')]),
  );
  expect(rolled.components.map(({ purl, platforms }) => [purl, platforms])).toEqual([
    ['pkg:npm/a@1', ['linux/amd64']],
    ['pkg:npm/b@1', ['linux/amd64', 'linux/arm64']],
    ['pkg:npm/c@1', ['linux/arm64']],
  ]);
});

describe('one component of two platforms', () => {
  const joined = (a: Partial<Component>, b: Partial<Component>): Component | undefined =>
    two(stock([component('pkg:npm/a@1', a)]), stock([component('pkg:npm/a@1', b)])).components[0];
  const sha = (value: string) => [{ algorithm: 'SHA-256' as const, value }];

  test.each<[string, Partial<Component>, Partial<Component>, Partial<Component>]>([
    ['what it needs on either', { dependsOn: ['x'] }, { dependsOn: ['w'] }, { dependsOn: ['w', 'x'] }],
    ['needed to run on one', { scope: 'development' }, { scope: 'runtime' }, { scope: 'runtime' }],
    ['hashes they have in common', { hashes: sha('1') }, { hashes: sha('1') }, { hashes: sha('1') }],
    ['none where the bytes differ', { hashes: sha('1') }, { hashes: sha('2') }, { hashes: [] }],
    ['places of both', { locations: [{ path: '/z' }] }, {}, { locations: [{ path: '/a' }, { path: '/z' }] }],
    ['the surer guess', { confidence: 0.5 }, { confidence: 0.7 }, { confidence: 0.7 }],
  ])('%s', (_, a, b, expected) => {
    expect(joined(a, b)).toMatchObject(expected);
  });

  test.each<[keyof Component, Partial<Component>, Partial<Component>]>([
    ['confidence', { confidence: 0.5 }, {}],
    ['bundled', { bundled: true }, {}],
    ['ownedBy', { ownedBy: 'x' }, { ownedBy: 'y' }],
  ])('%s is not said where one platform says otherwise', (key, a, b) => {
    expect(joined(a, b)).not.toHaveProperty(key);
  });
});

test('incomplete where one is, with the platform in the reason; a system only where it is the same', () => {
  const debian = { operatingSystem: { id: 'debian' } };
  const broken = stock([], {
    complete: false,
    unreadable: [{ path: '/x', reason: 'cut' }],
    operatingSystem: { id: 'alpine' },
  });
  expect(two(stock([], debian), broken)).toEqual({
    components: [],
    unreadable: [{ path: '/x', reason: 'linux/amd64: cut' }],
    complete: false,
  });
  expect(two(stock([], debian), stock([], debian)).operatingSystem).toEqual({ id: 'debian' });
});

test('how it was made: what all of them say', () => {
  const fact = (value: string): BuildFact => ({ name: 'commit', value, standing: 'claimed', saidBy: 'label x' });
  expect(sharedFacts([[fact('a'), fact('b')], [fact('b')]])).toEqual([fact('b')]);
});
