import { describe, expect, test } from 'vitest';
import type { Component } from '../../../../domain/sbom/component.ts';
import { findComponents, similarNames } from '../../../../domain/sbom/find-components.ts';
import { scoreDocument } from '../../../../domain/sbom/score.ts';

const bare: Component = {
  purl: 'pkg:generic/a',
  ecosystem: 'generic',
  advisoryName: 'a',
  name: 'a',
  version: '',
  advisoryVersion: '',
  licences: [],
  hashes: [],
  dependsOn: [],
  scope: 'runtime',
  locations: [{ path: 'a' }],
  foundBy: 'sbom',
};
const full: Component = {
  ...bare,
  purl: 'pkg:maven/g/b@1',
  ecosystem: 'Maven',
  name: 'g:b',
  version: '1',
  licences: [{ kind: 'expression', expression: 'MIT' }],
  hashes: [{ algorithm: 'SHA-512', value: 'ab'.repeat(64) }],
  supplier: 'Acme <sbom@acme.example>',
  dependsOn: ['pkg:maven/g/c@1'],
  locations: [{ path: 'lib/b.jar' }],
};
const stock = (...components: Component[]) => ({ components, unreadable: [], complete: true });
const present = (components: Component[]) =>
  Object.fromEntries(
    scoreDocument({ stock: stock(...components), creators: [], created: undefined }).elements.map((one) => [
      one.element,
      one.present,
    ]),
  );

describe('what counts', () => {
  test('everything but what nobody can tell', () => {
    const { profiles, elements } = scoreDocument({
      stock: stock(full, { ...full, purl: 'pkg:maven/g/c@1', dependsOn: [] }),
      creators: ['Organization: Acme (sbom@acme.example)'],
      created: '2024-01-01T00:00:00Z',
    });
    expect(profiles.ntia).toBe(100);
    expect(elements.filter((one) => one.present < one.total).map(({ element }) => element)).toEqual([
      'executable',
      'archive',
      'structured',
    ]);
    expect(profiles.bsi).toBe(75);
  });

  test('a bare component has its name', () => {
    const found = present([bare]);
    expect(Object.entries(found).filter(([, count]) => count > 0)).toEqual([['name', 1]]);
  });

  test.each<[string, Partial<Component>, string, number]>([
    ['a licence that is no expression', { licences: [{ kind: 'unresolved', text: 'MIT-ish' }] }, 'licence (SPDX)', 0],
    ['one of two', { licences: [...full.licences, { kind: 'unresolved', text: 'x' }] }, 'licence (SPDX)', 0],
    ['a supplier without an address', { supplier: 'Acme' }, 'creator with address', 0],
    ['a supplier with a site', { supplier: 'https://acme.example' }, 'creator with address', 1],
    ['another hash', { hashes: [{ algorithm: 'SHA-256', value: 'ab'.repeat(32) }] }, 'SHA-512 hash', 0],
    ['a database of packages', { locations: [{ path: 'var/lib/dpkg/status' }] }, 'file name', 0],
  ])('%s', (_name, change, element, expected) => {
    expect(present([{ ...full, ...change }])[element]).toBe(expected);
  });

  test('a tool alone is an author, and no creator with an address', () => {
    const { elements } = scoreDocument({ stock: stock(bare), creators: ['Tool: syft-1.0'], created: undefined });
    expect(elements.slice(0, 3).map(({ present: count }) => count)).toEqual([1, 0, 0]);
  });

  test('by kind, with what is missing', () => {
    const version = scoreDocument({ stock: stock(bare, full, full), creators: [], created: undefined }).elements.find(
      ({ element }) => element === 'version',
    );
    expect(version).toMatchObject({
      present: 2,
      total: 3,
      kinds: [
        { ecosystem: 'Maven', present: 2, total: 2 },
        { ecosystem: 'generic', present: 0, total: 1 },
      ],
      missing: ['pkg:generic/a'],
    });
  });

  test('no component at all: none has any of the fields', () => {
    const { profiles, elements } = scoreDocument({
      stock: stock(),
      creators: ['Organization: Acme (sbom@acme.example)'],
      created: '2024-01-01T00:00:00Z',
    });
    expect(profiles).toEqual({ ntia: 28, bsi: 16 });
    expect(elements.filter(({ total }) => total === 0).map(({ present: count }) => count)).toEqual(Array(12).fill(0));
  });
});

describe('a component by what it is called', () => {
  const scoped = { ...bare, purl: 'pkg:npm/%40s/b@1.0?x=1', name: '@s/b', version: '1.0' };
  test.each([
    ['pkg:npm/%40s/b@1.0?x=1', 1],
    ['pkg:npm/%40s/b@1.0', 1],
    ['pkg:npm/%40s/b', 1],
    ['@s/b', 1],
    ['@s/b@1.0', 1],
    ['@s/b@2.0', 0],
    ['b', 0],
  ])('%s', (wanted, count) => {
    expect(findComponents([scoped, full], wanted)).toHaveLength(count);
  });

  test('the similar one is named', () => {
    expect(similarNames([scoped, full], 'pkg:maven/g/b@2', 3)).toContain('pkg:maven/g/b@1');
    expect(similarNames([scoped, full], 'nothing-like-it', 3)).toEqual([]);
  });
});
