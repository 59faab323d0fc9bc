import { describe, expect, test } from 'vitest';
import { bunLockfileCataloger } from '../../../../domain/catalog/bun/cataloger.ts';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import type { FileCataloger } from '../../../../domain/catalog/cataloger.ts';
import type { FoundComponent } from '../../../../domain/catalog/layer-findings.ts';
import { pnpmLockfileCataloger } from '../../../../domain/catalog/pnpm/cataloger.ts';
import { yarnLockfileCataloger } from '../../../../domain/catalog/yarn/cataloger.ts';
import { catalogTree } from './catalog-text.ts';

const SHA512 = `sha512-${btoa('x'.repeat(64))}`;

function found(cataloger: FileCataloger, text: string): FoundComponent[] {
  const facts = cataloger.catalog('a lockfile', new TextEncoder().encode(text));
  return facts?.kind === 'components' ? facts.components : [];
}

const brief = (components: readonly FoundComponent[]) =>
  components.map(({ purl, scope, dependsOn }) => [
    decodeURIComponent(purl),
    scope,
    ...dependsOn.map(decodeURIComponent),
  ]);

describe('which files', () => {
  test.each([
    ['pnpm-lock.yaml', pnpmLockfileCataloger, true],
    ['web/yarn.lock', yarnLockfileCataloger, true],
    ['bun.lock', bunLockfileCataloger, true],
    ['xbun.lock', bunLockfileCataloger, false],
    // What the authors of an installed package used is not what is used here.
    ['node_modules/a/yarn.lock', yarnLockfileCataloger, false],
    ['lib/python3/site-packages/jupyter/pnpm-lock.yaml', pnpmLockfileCataloger, false],
  ] as const)('%s by %o: %s', (path, cataloger, wanted) => {
    expect(cataloger.wants(path)).toBe(wanted);
  });
});

describe('pnpm-lock.yaml', () => {
  test('version 5: keys with slashes and peers, a project at the top', () => {
    const components = found(
      pnpmLockfileCataloger,
      `lockfileVersion: 5.4
dependencies:
  a: 1.0.0_b@2.0.0
devDependencies:
  '@s/c': 3.1.0
packages:
  /a/1.0.0_b@2.0.0:
    resolution: {integrity: ${SHA512}}
    dependencies:
      b: 2.0.0
    requiresBuild: true
    dev: false
  /b/2.0.0:
    resolution: {integrity: ${SHA512}, tarball: https://user:secret@npm.example.org/b/-/b-2.0.0.tgz}
    dev: false
  /@s/c/3.1.0:
    resolution: {integrity: ${SHA512}}
    dev: true
  github.com/o/r/0123456789012345678901234567890123456789:
    resolution: {tarball: https://codeload.github.com/o/r/tar.gz/0123456789012345678901234567890123456789}
    name: r
    version: 1.2.3
    dev: true
`,
    );
    expect(brief(components)).toEqual([
      ['pkg:npm/a@1.0.0', 'runtime', 'pkg:npm/b@2.0.0'],
      ['pkg:npm/b@2.0.0', 'runtime'],
      ['pkg:npm/@s/c@3.1.0', 'development'],
      [
        'pkg:npm/r@1.2.3?download_url=https://codeload.github.com/o/r/tar.gz/0123456789012345678901234567890123456789',
        'development',
      ],
    ]);
    expect(components[0]).toMatchObject({ installScript: true, declared: true, foundBy: 'pnpm-lockfile' });
    expect(components[0]?.hashes).toEqual([{ algorithm: 'SHA-512', value: '78'.repeat(64) }]);
    expect(components[1]?.fetchedFrom).toEqual(['https://npm.example.org']);
  });

  test('version 9: snapshots, importers, aliases, optional packages, git and folders', () => {
    const components = found(
      pnpmLockfileCataloger,
      `lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      a:
        specifier: ^1
        version: 1.0.0(b@2.0.0)
    devDependencies:
      d:
        specifier: npm:real@^4
        version: real@4.0.0

packages:

  a@1.0.0:
    resolution: {integrity: ${SHA512}}
    deprecated: |-
      not used:
      any more
  b@2.0.0:
    resolution: {integrity: ${SHA512}}
  fs@1.0.0:
    resolution: {integrity: ${SHA512}}
  real@4.0.0:
    resolution: {integrity: ${SHA512}}
  g@git+https://git.example.org/g.git#00:
    resolution: {commit: '00', repo: https://git.example.org/g.git, type: git}
    version: 0.1.0
  local@file:../local:
    resolution: {directory: ../local, type: directory}

snapshots:

  a@1.0.0(b@2.0.0):
    dependencies:
      b: 2.0.0
    optionalDependencies:
      fs: 1.0.0
  b@2.0.0: {}
  fs@1.0.0:
    optional: true
  real@4.0.0: {}
  g@git+https://git.example.org/g.git#00: {}
  local@file:../local: {}
`,
    );
    expect(brief(components)).toEqual([
      ['pkg:npm/a@1.0.0', 'runtime', 'pkg:npm/b@2.0.0', 'pkg:npm/fs@1.0.0'],
      ['pkg:npm/b@2.0.0', 'runtime'],
      ['pkg:npm/fs@1.0.0', 'optional'],
      ['pkg:npm/real@4.0.0', 'development'],
      ['pkg:npm/g@0.1.0?vcs_url=git+https://git.example.org/g.git@00', undefined],
    ]);
  });

  test.each([
    ['a version nobody has made', 'lockfileVersion: 99\n', 'UNSUPPORTED_VERSION'],
    ['a list', '- a\n', 'UNEXPECTED_SHAPE'],
    ['merge conflicts', "lockfileVersion: '9.0'\n<<<<<<< HEAD\npackages:\n", 'NOT_YAML'],
    ['the same key twice', "lockfileVersion: '9.0'\nlockfileVersion: '9.0'\n", 'NOT_YAML'],
    ['aliases', `lockfileVersion: '9.0'\nx: &a [1]\ny: *a\n`, 'NOT_YAML'],
    ['nesting without end', `lockfileVersion: '9.0'\nx: ${'['.repeat(20_000)}\n`, 'TOO_MANY'],
    ['an empty file', '', 'NOT_YAML'],
  ])('%s is refused', (_, text, code) => {
    expect(() => found(pnpmLockfileCataloger, text)).toThrow(expect.objectContaining({ code }));
  });

  test('a byte order mark and line ends of Windows change nothing', () => {
    const text = `\uFEFFlockfileVersion: '6.0'\r\npackages:\r\n  /1@2.0.10:\r\n    resolution: {integrity: ${SHA512}}\r\n`;
    expect(found(pnpmLockfileCataloger, text).map(({ purl }) => purl)).toEqual(['pkg:npm/1@2.0.10']);
  });
});

describe('yarn.lock', () => {
  test('of yarn 1: ranges, aliases, git, hashes in fragments', () => {
    const components = found(
      yarnLockfileCataloger,
      `# yarn lockfile v1


"@s/a@^1.0.0", "@s/a@~1.0.1":
  version "1.0.2"
  resolved "https://registry.yarnpkg.com/@s/a/-/a-1.0.2.tgz#${'ab'.repeat(20)}"
  dependencies:
    b "^2"

b@^2, "other@npm:b@^2":
  version "2.0.0"
  resolved "https://registry.npmjs.org/b/-/b-2.0.0.tgz#${'cd'.repeat(20)}"
  integrity ${SHA512}

"alias@npm:real@1.x":
  version "1.9.0"
  resolved "https://registry.yarnpkg.com/real/-/real-1.9.0.tgz"

"mylib@file:./mylib":
  version "1.0.0"

"g@git+https://token@git.example.org/g.git":
  version "0.1.0"
  resolved "git+https://token@git.example.org/g.git#${'ef'.repeat(20)}"
`,
    );
    expect(brief(components)).toEqual([
      ['pkg:npm/@s/a@1.0.2', undefined, 'pkg:npm/b@2.0.0'],
      ['pkg:npm/b@2.0.0', undefined],
      ['pkg:npm/real@1.9.0', undefined],
      [`pkg:npm/g@0.1.0?vcs_url=git+https://git.example.org/g.git@${'ef'.repeat(20)}`, undefined],
    ]);
    expect(components[0]).toMatchObject({
      hashes: [{ algorithm: 'SHA-1', value: 'ab'.repeat(20) }],
      fetchedFrom: ['https://registry.yarnpkg.com'],
    });
    expect(components[1]?.hashes).toEqual([{ algorithm: 'SHA-512', value: '78'.repeat(64) }]);
  });

  test('of yarn 2 and later: workspaces, patches, long keys', () => {
    const components = found(
      yarnLockfileCataloger,
      `__metadata:
  version: 8

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    a: "npm:^1"
  languageName: unknown
  linkType: soft

? "a@npm:^1, a@npm:^1.0.0"
: version: 1.0.2
  resolution: "a@npm:1.0.2"
  dependencies:
    b: "npm:^2"
  checksum: 10/abc
  languageName: node
  linkType: hard

"b@npm:^2":
  version: 2.0.0
  resolution: "b@npm:2.0.0"
  checksum: 10/def

"c@patch:c@npm%3A3.0.0#~/.yarn/patches/c.patch":
  version: 3.0.0
  resolution: "c@patch:c@npm%3A3.0.0#~/.yarn/patches/c.patch::version=3.0.0&hash=1"
  checksum: 10/aa

"g@https://github.com/o/g.git#main":
  version: 0.1.0
  resolution: "g@https://github.com/o/g.git#commit=${'ef'.repeat(20)}"

"@o/h@https://github.com/o/h.git#workspace=@o/h":
  version: 0.2.0
  resolution: "@o/h@https://github.com/o/h.git#workspace=%40o%2Fh&commit=${'ef'.repeat(20)}"
`,
    );
    expect(brief(components)).toEqual([
      ['pkg:npm/a@1.0.2', undefined, 'pkg:npm/b@2.0.0'],
      ['pkg:npm/b@2.0.0', undefined],
      ['pkg:npm/c@3.0.0', undefined],
      [`pkg:npm/g@0.1.0?vcs_url=git+https://github.com/o/g.git@${'ef'.repeat(20)}`, undefined],
      [`pkg:npm/@o/h@0.2.0?vcs_url=git+https://github.com/o/h.git@${'ef'.repeat(20)}`, undefined],
    ]);
    expect(components[0]).toMatchObject({ checksum: '10/abc', hashes: [] });
  });

  test.each([
    ['prose', 'hello world\n'],
    ['a block without a version', 'a@^1:\n  resolved "x"\n'],
  ])('%s is refused', (_, text) => {
    expect(() => found(yarnLockfileCataloger, text)).toThrow(CatalogError);
  });
});

test('bun.lock: comments, trailing commas, places, scopes', () => {
  const components = found(
    bunLockfileCataloger,
    `{
  // text
  "lockfileVersion": 1,
  "workspaces": {
    "": { "name": "app", "dependencies": { "a": "^1", }, "devDependencies": { "@s/c": "3", }, },
  },
  /* and */
  "packages": {
    "a": ["a@1.0.0", "", { "dependencies": { "b": "^2" }, "optionalDependencies": { "o": "1" } }, "${SHA512}"],
    "b": ["b@1.0.0", "https://npm.example.org/b/-/b-1.0.0.tgz", {}, "${SHA512}"],
    "a/b": ["b@2.0.0", "", {}, "${SHA512}"],
    "o": ["o@1.0.0", "", {}, "${SHA512}"],
    "@s/c": ["@s/c@3.0.0", "", { "dependencies": { "b": "1" } }, "${SHA512}"],
    "g": ["g@github:o/g#abcdef0", {}, "o-g-abcdef0"],
    "w": ["w@workspace:packages/w"],
  },
}
`,
  );
  expect(brief(components)).toEqual([
    ['pkg:npm/a@1.0.0', 'runtime', 'pkg:npm/b@2.0.0', 'pkg:npm/o@1.0.0'],
    ['pkg:npm/b@1.0.0', 'development'],
    ['pkg:npm/b@2.0.0', 'runtime'],
    ['pkg:npm/o@1.0.0', 'optional'],
    ['pkg:npm/@s/c@3.0.0', 'development', 'pkg:npm/b@1.0.0'],
    ['pkg:npm/g@abcdef0?vcs_url=git+https://github.com/o/g@abcdef0', undefined],
  ]);
  expect(components[1]?.fetchedFrom).toEqual(['https://npm.example.org']);
  expect(() => found(bunLockfileCataloger, '{"lockfileVersion": 7}')).toThrow(CatalogError);
  expect(() => found(bunLockfileCataloger, '{"lockfileVersion": 1 /*')).toThrow(CatalogError);
});

test('hashes of several lockfiles are kept apart where they differ', () => {
  const locked = (integrity: string) =>
    JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/a': { version: '1.0.0', integrity } } });
  const [first, second] = ['a', 'b'].map((letter) => `sha512-${Buffer.from(letter.repeat(64)).toString('base64')}`);
  const hex = (letter: string) => `SHA-512:${Buffer.from(letter.repeat(64)).toString('hex')}`;
  const tree = (one: string, two: string) => catalogTree({ 'x/package-lock.json': one, 'y/package-lock.json': two })[0];
  expect(tree(locked(first!), locked(first!))?.lockedHashes).toBeUndefined();
  expect(tree(locked(first!), locked(`${first} ${second}`))?.lockedHashes).toEqual([
    { path: 'x/package-lock.json', values: [hex('a')] },
    { path: 'y/package-lock.json', values: [hex('a'), hex('b')] },
  ]);
});
