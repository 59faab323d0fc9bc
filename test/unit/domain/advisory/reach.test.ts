/** From the text of a lockfile to what has to change for a fixed version to be there. */
import { describe, expect, test } from 'vitest';
import { createDependencyPaths } from '../../../../domain/advisory/dependency-paths.ts';
import { matchComponents } from '../../../../domain/advisory/match.ts';
import { findReach } from '../../../../domain/advisory/reach.ts';
import { catalogerFor } from '../../../../domain/catalog/catalogers.ts';
import { composeStock } from '../../../../domain/catalog/compose-stock.ts';
import { component } from './component.ts';
import { affects, osv } from './osv.ts';

/** What stands between `name` and a version of it, in one lockfile. */
function reachIn(file: string, text: string, name: string, version: string) {
  const cataloger = catalogerFor(file);
  if (cataloger?.kind !== 'file') throw new Error(`nobody reads ${file}`);
  const facts = cataloger.catalog(file, new TextEncoder().encode(text));
  if (facts === undefined) throw new Error(`nothing in ${file}`);
  const layer = { files: [{ path: file, facts }], whiteouts: [], opaqueDirectories: [] };
  const { components } = composeStock([layer], { root: '' });
  const found = components.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return findReach(found, version, createDependencyPaths(components));
}

const npm3 = (rangeOfA: string, own: object = {}) =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: {
      '': { dependencies: { a: '^1.0.0' }, devDependencies: own },
      'node_modules/a': { version: '1.0.0', dependencies: { b: '^2.0.0' } },
      'node_modules/b': { version: '2.0.0', dependencies: { c: rangeOfA } },
      'node_modules/c': { version: '1.2.0' },
    },
  });
const npm1 = (range: string) =>
  JSON.stringify({
    lockfileVersion: 1,
    dependencies: { b: { version: '2.0.0', requires: { c: range } }, c: { version: '1.2.0' } },
  });
const classic = (range: string) =>
  `# yarn lockfile v1\n\n"b@^2.0.0":\n  version "2.0.0"\n  dependencies:\n    c "${range}"\n\n"c@${range}":\n  version "1.2.0"\n`;
const berry = (range: string) =>
  `__metadata:\n  version: 8\n\n"b@npm:^2.0.0":\n  version: 2.0.0\n  resolution: "b@npm:2.0.0"\n  dependencies:\n    c: "npm:${range}"\n\n"c@npm:${range}":\n  version: 1.2.0\n  resolution: "c@npm:1.2.0"\n`;
const gems = (range: string) =>
  `GEM\n  remote: https://rubygems.org/\n  specs:\n    b (2.0.0)\n      c (${range})\n    c (1.2.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  b (~> 2.0)\n`;
const composer = (range: string) =>
  JSON.stringify({
    packages: [
      { name: 'v/B', version: '2.0.0', require: { php: '>=8', 'v/c': range } },
      { name: 'v/c', version: '1.2.0' },
    ],
    'packages-dev': [],
  });
const poetry = (range: string) =>
  `[[package]]\nname = "b"\nversion = "2.0.0"\n[package.dependencies]\nC = "${range}"\n\n[[package]]\nname = "c"\nversion = "1.2.0"\n`;

const nuget = (range: string) =>
  JSON.stringify({
    version: 1,
    dependencies: {
      'net8.0': {
        b: { type: 'Direct', requested: '[2.0.0, )', resolved: '2.0.0', dependencies: { C: range } },
        c: { type: 'Transitive', resolved: '1.2.0' },
      },
    },
  });

describe.each([
  ['packages.lock.json', 'c', 'pkg:nuget/b@2.0.0', nuget, '[1.2.0, )', '[1.2.0, 1.3.0)'],
  ['package-lock.json', 'c', 'pkg:npm/b@2.0.0', npm1, '^1.2.0', '~1.2.0'],
  ['yarn.lock', 'c', 'pkg:npm/b@2.0.0', classic, '^1.2.0', '~1.2.0'],
  ['yarn.lock', 'c', 'pkg:npm/b@2.0.0', berry, '^1.2.0', '~1.2.0'],
  ['Gemfile.lock', 'c', 'pkg:gem/b@2.0.0', gems, '~> 1.2, >= 1.2.0', '~> 1.2.0'],
  ['composer.lock', 'v/c', 'pkg:composer/v/b@2.0.0', composer, '^1.2', '~1.2.0'],
  ['poetry.lock', 'c', 'pkg:pypi/b@2.0.0', poetry, '>=1.2,<2', '>=1.2,<1.3'],
])('%s', (file, name, by, write, wide, narrow) => {
  test('a range that takes the fix in needs the lockfile updated only', () => {
    expect(reachIn(file, write(wide), name, '1.3.0')).toEqual({
      kind: 'within-ranges',
      version: '1.3.0',
      direct: [by],
    });
  });

  test('a range that does not says who has to change first', () => {
    const reach = reachIn(file, write(narrow), name, '1.3.0');
    expect(reach).toMatchObject({ kind: 'held', direct: [by], heldBy: [{ by }] });
    expect(reach?.heldBy?.[0]?.range).toContain(narrow);
  });
});

describe('package-lock.json of version 3', () => {
  test('the project asks too: a dependency of its own, which its manifest holds', () => {
    expect(reachIn('package-lock.json', npm3('^1.2.0', { c: '1.2.0' }), 'c', '1.3.0')).toEqual({
      ...{ kind: 'held', version: '1.3.0', heldBy: [{ range: '1.2.0' }] },
      direct: ['pkg:npm/a@1.0.0'],
    });
  });

  test('the dependency of one’s own is named, and not what lies between', () => {
    const reach = reachIn('package-lock.json', npm3('~1.2.0'), 'c', '1.3.0');
    expect(reach).toMatchObject({ direct: ['pkg:npm/a@1.0.0'], heldBy: [{ by: 'pkg:npm/b@2.0.0', range: '~1.2.0' }] });
  });

  test('what one alone asks for, and does not hold, is said as well', () => {
    expect(reachIn('package-lock.json', npm3('^1.2.0'), 'a', '1.1.0')).toMatchObject({
      kind: 'within-ranges',
      direct: [],
    });
  });

  test('a copy inside of another package comes with that one', () => {
    const lock = JSON.stringify({
      lockfileVersion: 3,
      packages: {
        '': { dependencies: { a: '^1.0.0' } },
        'node_modules/a': { version: '1.0.0', dependencies: { c: '^1.0.0' } },
        'node_modules/a/node_modules/c': { version: '1.2.0', inBundle: true },
      },
    });
    expect(reachIn('package-lock.json', lock, 'c', '1.3.0')).toMatchObject({
      ...{ kind: 'held', heldBy: [{ by: 'pkg:npm/a@1.0.0' }] },
    });
  });

  test.each(['latest', 'x'.repeat(600), '^1.2.0 || git'])(
    'nothing is promised of a range that is not read: %s',
    (range) => {
      expect(reachIn('package-lock.json', npm3(range), 'c', '2.3.0')).toMatchObject({ kind: 'unknown' });
    },
  );
});

test('a source without ranges is unknown, and one that nobody asks for has nothing to find out', () => {
  const leaf = component('crates.io', 'c', '1.2.0');
  const parent = component('crates.io', 'b', '2.0.0', { dependsOn: [leaf.purl] });
  const paths = createDependencyPaths([leaf, parent]);
  expect(findReach(leaf, '1.3.0', paths)).toEqual({ kind: 'unknown', version: '1.3.0', direct: [parent.purl] });
  expect(findReach(parent, '3.0.0', paths)).toBeUndefined();
});

test('a second dependent whose range is not known keeps it from being promised', () => {
  const leaf = component('npm', 'c', '1.2.0', { askedFor: [{ by: 'pkg:generic/b@2.0.0', range: '^1' }] });
  const [b, d] = ['b', 'd'].map((name) => component('npm', name, '2.0.0', { dependsOn: [leaf.purl] }));
  const known = createDependencyPaths([leaf, b!]);
  expect(findReach(leaf, '1.3.0', known)?.kind).toBe('within-ranges');
  expect(findReach(leaf, '1.3.0', createDependencyPaths([leaf, b!, d!]))?.kind).toBe('unknown');
});

test('findings, and the upgrade of a component, say it of the version they name', () => {
  const leaf = component('npm', 'c', '1.2.0', { askedFor: [{ by: 'pkg:generic/b@2.0.0', range: '~1.2.0' }] });
  const parent = component('npm', 'b', '2.0.0', { dependsOn: [leaf.purl] });
  const records = [
    osv('T-1', { affected: [affects('npm', 'c', 'i:0 f:1.2.5')] }),
    osv('T-2', { affected: [affects('npm', 'c', 'i:0 f:1.3.0')] }),
  ];
  const { findings, upgrades } = matchComponents([leaf, parent], (one) => (one.name === 'c' ? records : []));
  expect(findings.map(({ advisory, reach }) => [advisory, reach?.kind])).toEqual([
    ['T-1', 'within-ranges'],
    ['T-2', 'held'],
  ]);
  expect(upgrades).toMatchObject([{ version: '1.3.0', reach: { kind: 'held', direct: [parent.purl] } }]);
});

describe('lockfiles that keep what the project asks for, and nothing of what packages do', () => {
  const pnpm = (own: string, extra = '') => `lockfileVersion: '9.0'
${extra}
importers:
  .:
    dependencies:
      a: { specifier: ${own}, version: 1.0.0 }
      p: { specifier: ^1.0.0, version: 1.0.0(a@1.0.0) }
packages:
  a@1.0.0: {}
  c@1.2.0: {}
  p@1.0.0: { peerDependencies: { a: ^1.0.0 } }
snapshots:
  a@1.0.0: { dependencies: { c: 1.2.0 } }
  c@1.2.0: {}
  p@1.0.0(a@1.0.0): { dependencies: { a: 1.0.0 } }
`;
  const uv = (own: string) => `version = 1
[[package]]
name = "shop"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "a" }]
[package.metadata]
requires-dist = [{ name = "a", specifier = "${own}" }]

[[package]]
name = "a"
version = "1.0.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "c" }]

[[package]]
name = "c"
version = "1.2.0"
source = { registry = "https://pypi.org/simple" }
`;

  test.each([
    [
      'pnpm-lock.yaml',
      pnpm('^1.0.0'),
      pnpm('~1.0.0'),
      pnpm("'catalog:'", 'catalogs: { default: { a: { specifier: ^1.0.0, version: 1.0.0 } } }'),
    ],
    ['uv.lock', uv('>=1,<2'), uv('>=1,<1.1'), uv('>=1.0.0')],
  ])('%s: whether the manifest holds its own dependency is known', (file, wide, narrow, other) => {
    const allowed = { kind: 'within-ranges', version: '1.1.0' };
    expect(reachIn(file, wide, 'a', '1.1.0')).toMatchObject(allowed);
    expect(reachIn(file, other, 'a', '1.1.0')).toMatchObject(allowed);
    const held = reachIn(file, narrow, 'a', '1.1.0');
    expect(held).toMatchObject({ kind: 'held', heldBy: [{}] });
    expect(held?.heldBy?.[0]).not.toHaveProperty('by');
  });

  test.each([
    // The second one has the first as its peer.
    ['pnpm-lock.yaml', pnpm('^1.0.0'), ['pkg:npm/a@1.0.0', 'pkg:npm/p@1.0.0']],
    ['uv.lock', uv('>=1,<2'), ['pkg:pypi/a@1.0.0']],
  ])('%s: of what others bring, the dependency of one’s own is named, and nothing promised', (file, text, direct) => {
    expect(reachIn(file, text, 'c', '1.3.0')).toEqual({ kind: 'unknown', version: '1.3.0', direct });
  });

  test('pnpm-lock.yaml: a peer that asks for less holds it', () => {
    expect(reachIn('pnpm-lock.yaml', pnpm("'>=1'"), 'a', '2.0.0')).toMatchObject({
      ...{ kind: 'held', heldBy: [{ by: 'pkg:npm/p@1.0.0', range: '^1.0.0' }] },
    });
  });

  test('pnpm-lock.yaml before version 6 has what is asked for in a map of its own', () => {
    const lock = (range: string) => `lockfileVersion: 5.4
specifiers: { a: ${range} }
dependencies: { a: 1.0.0 }
packages: { /a/1.0.0: { resolution: { integrity: sha512-aaaa } } }
`;
    expect(reachIn('pnpm-lock.yaml', lock('^1.0.0'), 'a', '1.1.0')).toMatchObject({ kind: 'within-ranges' });
    expect(reachIn('pnpm-lock.yaml', lock('1.0.0'), 'a', '1.1.0')).toMatchObject({ kind: 'held' });
  });

  test('Cargo.lock: which crates are asked for by the project is known, and no range', () => {
    const lock = `version = 4
[[package]]
name = "shop"
version = "0.1.0"
dependencies = ["a", "c"]

[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["b", "c"]

[[package]]
name = "b"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "c"
version = "1.2.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
`;
    const direct = ['pkg:cargo/a@1.0.0'];
    expect(reachIn('Cargo.lock', lock, 'b', '1.0.1')).toEqual({ kind: 'unknown', version: '1.0.1', direct });
    // Both the project's own and brought by another.
    expect(reachIn('Cargo.lock', lock, 'c', '1.3.0')).toEqual({ kind: 'unknown', version: '1.3.0', direct });
    expect(reachIn('Cargo.lock', lock, 'a', '1.0.1')).toEqual({ kind: 'unknown', version: '1.0.1', direct: [] });
  });
});

test('packages.lock.json: what the project and a project beside it ask for holds', () => {
  const lock = JSON.stringify({
    version: 2,
    dependencies: {
      'net8.0': {
        c: { type: 'CentralTransitive', requested: '[1.2.0]', resolved: '1.2.0' },
        d: { type: 'Transitive', resolved: '1.0.0' },
        beside: { type: 'Project', dependencies: { d: '[1.0.0, 2.0.0)' } },
      },
    },
  });
  expect(reachIn('packages.lock.json', lock, 'c', '1.2.1')).toMatchObject({
    kind: 'held',
    heldBy: [{ range: '[1.2.0]' }],
  });
  expect(reachIn('packages.lock.json', lock, 'd', '2.0.0')).toMatchObject({ kind: 'held', direct: [] });
  expect(reachIn('packages.lock.json', lock, 'd', '1.9.0')).toMatchObject({ kind: 'within-ranges', direct: [] });
});
