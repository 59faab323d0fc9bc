import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import type { FoundComponent } from '../../../../domain/catalog/layer-findings.ts';
import { nodeModulesCataloger, npmLockfileCataloger } from '../../../../domain/catalog/npm/cataloger.ts';
import { parseIntegrity } from '../../../../domain/catalog/npm/parse-integrity.ts';
import { resolvePlace } from '../../../../domain/catalog/npm/resolve-place.ts';
import { testData } from '../../../fixtures/test-data.ts';
import { brief, catalogTree } from './catalog-text.ts';

function lockfile(content: unknown): FoundComponent[] {
  const bytes = new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
  const facts = npmLockfileCataloger.catalog('package-lock.json', bytes);
  return facts?.kind === 'components' ? facts.components : [];
}

const purls = (content: unknown): string[] => lockfile(content).map(({ purl }) => purl);

describe('which files', () => {
  test.each([
    ['node_modules/a/package.json', true],
    ['app/node_modules/@s/a/package.json', true],
    ['node_modules/.pnpm/a@1.0.0/node_modules/a/package.json', true],
    ['node_modules/a/lib/package.json', false],
    ['node_modules/@s/package.json', false],
    ['package.json', false],
  ])('node-modules wants %s: %s', (file, wanted) => {
    expect(nodeModulesCataloger.wants(file)).toBe(wanted);
  });

  test.each([
    ['package-lock.json', true],
    ['a/npm-shrinkwrap.json', true],
    ['node_modules/.package-lock.json', true],
    // What the authors of an installed package used is not what is installed here.
    ['node_modules/a/package-lock.json', false],
  ])('npm-lockfile wants %s: %s', (file, wanted) => {
    expect(npmLockfileCataloger.wants(file)).toBe(wanted);
  });
});

describe('package-lock.json', () => {
  test('version 3: scopes, hashes, licences, and edges by Node’s lookup', () => {
    const found = lockfile({
      lockfileVersion: 3,
      packages: {
        '': { name: 'app', version: '1.0.0', dependencies: { a: '^1' } },
        'packages/w': { version: '0.0.1' },
        'node_modules/w': { resolved: 'packages/w', link: true },
        'node_modules/a': {
          version: '1.0.0',
          integrity: `sha512-${btoa('x'.repeat(64))}`,
          dependencies: { b: '*' },
          license: 'MIT',
        },
        'node_modules/a/node_modules/b': { version: '2.0.0' },
        'node_modules/b': { version: '1.0.0', dev: true },
        'node_modules/@s/c': { version: '3.0.0', optional: true, peerDependencies: { b: '*', gone: '*' } },
      },
    });
    expect(found.map(({ purl, scope, dependsOn }) => ({ purl, scope, dependsOn }))).toEqual([
      { purl: 'pkg:npm/a@1.0.0', scope: 'runtime', dependsOn: ['pkg:npm/b@2.0.0'] },
      { purl: 'pkg:npm/b@2.0.0', scope: 'runtime', dependsOn: [] },
      { purl: 'pkg:npm/b@1.0.0', scope: 'development', dependsOn: [] },
      { purl: 'pkg:npm/%40s/c@3.0.0', scope: 'optional', dependsOn: ['pkg:npm/b@1.0.0'] },
    ]);
    expect(found[0]).toMatchObject({
      hashes: [{ algorithm: 'SHA-512', value: '78'.repeat(64) }],
      licences: [{ kind: 'expression', expression: 'MIT' }],
    });
  });

  test('version 1 nests, and names what is from elsewhere in "version"', () => {
    expect(
      purls({
        lockfileVersion: 1,
        dependencies: {
          a: { version: '1.0.0', requires: { b: '2' }, dependencies: { b: { version: '2.0.0' } } },
          b: { version: '1.0.0', dev: true },
          alias: { version: 'npm:real@4.0.0' },
          local: { version: 'file:../local' },
          git: { version: 'git+ssh://git@example.com/g.git#0123abc' },
        },
      }),
    ).toEqual([
      'pkg:npm/a@1.0.0',
      'pkg:npm/b@1.0.0',
      'pkg:npm/real@4.0.0',
      'pkg:npm/git@0123abc?vcs_url=git%2Bssh:%2F%2Fgit%40example.com%2Fg.git%400123abc',
      'pkg:npm/b@2.0.0',
    ]);
  });

  test('version 2: an alias is known by its real name', () => {
    expect(
      purls({
        lockfileVersion: 2,
        packages: { 'node_modules/alias': { name: '@s/real', version: '1.2.3' } },
        dependencies: {},
      }),
    ).toEqual(['pkg:npm/%40s/real@1.2.3']);
  });

  test('a byte order mark and CRLF', () => {
    expect(purls('\uFEFF{\r\n"lockfileVersion": 3,\r\n"packages": {"node_modules/a": {"version": "1.0.0"}}}')).toEqual([
      'pkg:npm/a@1.0.0',
    ]);
  });

  test.each([
    ['', 'NOT_JSON'],
    ['{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.', 'NOT_JSON'],
    ['[]', 'UNEXPECTED_SHAPE'],
    ['{"lockfileVersion": 3}', 'UNEXPECTED_SHAPE'],
    ['{"lockfileVersion": 9, "packages": {}}', 'UNSUPPORTED_VERSION'],
    ['{"lockfileVersion": 3, "packages": {"node_modules/a": 7}}', 'UNEXPECTED_SHAPE'],
    ['{"lockfileVersion": 3, "packages": {"node_modules/a b": {"version": "1.0.0"}}}', 'UNEXPECTED_SHAPE'],
    [`{"dependencies": ${'{"a": {"version": "1", "dependencies": '.repeat(100)}{}${'}}'.repeat(100)}}`, 'TOO_MANY'],
  ])('%.60s is refused with %s', (text, code) => {
    expect(() => lockfile(text)).toThrow(expect.objectContaining({ name: CatalogError.name, code }));
  });
});

describe('what is installed and from no registry', () => {
  const commit = 'ab'.repeat(20);
  const address = `git+https://git.example.org/o/b.git#${commit}`;
  const folder = 'app/node_modules/b';
  const of = (entry: object) => JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/b': entry } });
  const tree = (more: Record<string, string>) =>
    catalogTree({ [`${folder}/package.json`]: '{"name": "b", "version": "1.0.0", "license": "MIT"}', ...more });
  const purl = `pkg:npm/b@1.0.0?vcs_url=git+https://git.example.org/o/b.git@${commit}`;
  const told = (components: ReturnType<typeof catalogTree>) =>
    components.map((one) => [decodeURIComponent(one.purl), one.version, one.scope, one.locations.length]);

  test.each([
    [
      'the hidden lockfile',
      'app/node_modules/.package-lock.json',
      of({ version: '1.0.0', resolved: address, dev: true }),
    ],
    ['the lockfile', 'app/package-lock.json', of({ version: '1.0.0', resolved: address, dev: true })],
    [
      'version 1, which has the commit in the place of the version',
      'app/package-lock.json',
      JSON.stringify({ lockfileVersion: 1, dependencies: { b: { version: address, dev: true } } }),
    ],
  ])('is one component in two places: %s', (_name, lock, text) => {
    const components = tree({ [lock]: text });
    expect(told(components)).toEqual([[purl, '1.0.0', 'development', 2]]);
    expect(components[0]?.licences).toEqual([{ kind: 'expression', expression: 'MIT' }]);
  });

  test('edges lead to it, from what is installed and from the lockfile', () => {
    const components = catalogTree({
      'node_modules/a/package.json': '{"name": "a", "version": "1.0.0", "dependencies": {"b": "*"}}',
      'node_modules/b/package.json': '{"name": "b", "version": "1.0.0"}',
      'package-lock.json': JSON.stringify({
        lockfileVersion: 1,
        dependencies: { a: { version: '1.0.0', requires: { b: '*' } }, b: { version: address } },
      }),
    });
    expect(brief(components)).toEqual([
      ['pkg:npm/a@1.0.0', 'runtime', purl],
      [purl, 'runtime'],
    ]);
    expect(components[1]?.askedFor).toEqual([{ by: 'pkg:npm/a@1.0.0', range: '*' }]);
  });

  test('the lockfile is ahead of what is installed: the hidden one tells', () => {
    const other = 'cd'.repeat(20);
    const components = tree({
      'app/node_modules/.package-lock.json': of({ version: '1.0.0', resolved: address }),
      'app/package-lock.json': of({ version: '1.0.0', resolved: address.replace(commit, other) }),
    });
    expect(told(components)).toEqual([
      [purl, '1.0.0', 'runtime', 2],
      [purl.replace(commit, other), '1.0.0', 'runtime', 1],
    ]);
  });

  test('another version, or another place, is another one', () => {
    expect(told(tree({ 'app/package-lock.json': of({ version: '2.0.0', resolved: address }) })).length).toBe(2);
    expect(told(tree({ 'package-lock.json': of({ version: '1.0.0', resolved: address }) })).length).toBe(2);
  });
});

describe('package.json of an installed package', () => {
  const installed = (content: unknown): unknown =>
    nodeModulesCataloger.catalog('node_modules/a/package.json', new TextEncoder().encode(JSON.stringify(content)));

  test.each([
    [{ license: 'MIT' }, [{ kind: 'expression', expression: 'MIT' }]],
    [{ license: { type: 'ISC', url: 'https://example.com' } }, [{ kind: 'expression', expression: 'ISC' }]],
    [
      { licenses: [{ type: 'MIT' }, 'Apache 2'] },
      [
        { kind: 'expression', expression: 'MIT' },
        { kind: 'unresolved', text: 'Apache 2' },
      ],
    ],
    [{}, []],
  ])('licences of %j', (fields, licences) => {
    expect(installed({ name: 'a', version: '1.0.0', ...fields })).toMatchObject({ components: [{ licences }] });
  });

  test('a marker file is no package, a nonsense name is a fault', () => {
    expect(installed({ type: 'module' })).toBeUndefined();
    expect(() => installed({ name: '../../etc', version: '1' })).toThrow(CatalogError);
    expect(() => installed([])).toThrow(CatalogError);
  });
});

test.each([
  ['node_modules/a', 'b', 'node_modules/a/node_modules/b'],
  ['node_modules/a/node_modules/x', 'b', 'node_modules/a/node_modules/b'],
  ['node_modules/@s/p', 'c', 'node_modules/c'],
  ['node_modules/a', 'gone', undefined],
  ['app/node_modules/a', 'c', 'node_modules/c'],
])('from %s, "%s" is %s', (from, name, expected) => {
  const places = new Set(['node_modules/a/node_modules/b', 'node_modules/b', 'node_modules/c']);
  expect(resolvePlace(from, name, (place) => places.has(place))).toBe(expected);
});

test('integrity in another length than its algorithm’s is none', () => {
  expect(parseIntegrity(`sha1-${btoa('y'.repeat(20))} sha512-${btoa('short')} md5-abc nonsense`)).toEqual([
    { algorithm: 'SHA-1', value: '79'.repeat(20) },
  ]);
});

const lockfiles = testData('lockfiles.tar.gz');

describe.skipIf(lockfiles === undefined)('real lockfiles', () => {
  const folder = path.join(lockfiles ?? '', 'package-lock.json');
  const files =
    lockfiles === undefined
      ? []
      : readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('package-lock.json'));

  test('there are some', () => {
    expect(files.length).toBeGreaterThan(15);
  });

  test.each(files)('%s: every package with a version is found', (file) => {
    const bytes = readFileSync(path.join(folder, file));
    const { packages } = JSON.parse(bytes.toString()) as {
      packages: Record<string, { version?: string; link?: boolean; name?: string }>;
    };
    const expected = Object.entries(packages).filter(
      ([place, { version, link }]) => place.includes('node_modules/') && version !== undefined && link !== true,
    );
    expect(lockfile(bytes.toString()).map(({ name, version }) => `${name}@${version}`)).toEqual(
      expected.map(
        ([place, { name, version }]) => `${name ?? place.slice(place.lastIndexOf('node_modules/') + 13)}@${version}`,
      ),
    );
  });
});
