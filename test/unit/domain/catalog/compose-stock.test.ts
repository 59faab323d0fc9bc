import { describe, expect, test } from 'vitest';
import { type Digest, parseDigest } from '../../../../domain/artifact/digest.ts';
import { composeStock } from '../../../../domain/catalog/compose-stock.ts';
import { parseStatus } from '../../../../domain/catalog/dpkg/parse-status.ts';
import type { FileFacts, LayerFindings } from '../../../../domain/catalog/layer-findings.ts';
import { toNpmComponent } from '../../../../domain/catalog/npm/package.ts';
import type { Stock } from '../../../../domain/sbom/component.ts';

const layerId = (index: number): Digest => parseDigest(`sha256:${String(index).padStart(64, '0')}`);

function layer(index: number, files: Record<string, FileFacts>, more: Partial<LayerFindings> = {}): LayerFindings {
  const list = Object.entries(files).map(([path, facts]) => ({ path, facts }));
  return { diffId: layerId(index), files: list, whiteouts: [], opaqueDirectories: [], ...more };
}

function dpkg(...packages: string[]): FileFacts {
  const text = packages.map((one) => `Package: ${one.split('=')[0]}\nVersion: ${one.split('=')[1]}\n`).join('\n');
  return { kind: 'system-packages', manager: 'dpkg', packages: parseStatus(text) };
}

const bare: Parameters<typeof toNpmComponent>[0] = {
  name: 'a',
  version: '1.0.0',
  licences: [],
  hashes: [],
  dependsOn: [],
  requires: [],
  foundBy: 'node-modules',
};

function npm(name: string, version = '1.0.0', more: Partial<Parameters<typeof toNpmComponent>[0]> = {}): FileFacts {
  const component = toNpmComponent({ ...bare, name, version, ...more });
  return { kind: 'components', components: [component] };
}

const debian12: FileFacts = { kind: 'operating-system', operatingSystem: { id: 'debian', versionId: '12' } };
const status = 'var/lib/dpkg/status';
const compose = (...layers: LayerFindings[]): Stock => composeStock(layers, { root: '/' });
const names = (stock: Stock): string[] => stock.components.map(({ name, version }) => `${name}=${version}`);

describe('layers on top of each other', () => {
  const base = layer(0, { 'app/node_modules/a/package.json': npm('a'), 'app/node_modules/b/package.json': npm('b') });

  test.each<[string, LayerFindings, string[]]>([
    ['a file replaced', layer(1, { 'app/node_modules/a/package.json': npm('a', '2.0.0') }), ['a=2.0.0', 'b=1.0.0']],
    ['a file removed', layer(1, {}, { whiteouts: ['app/node_modules/a/package.json'] }), ['b=1.0.0']],
    ['a folder removed', layer(1, {}, { whiteouts: ['app/node_modules'] }), []],
    ['a name that only begins alike', layer(1, {}, { whiteouts: ['app/node'] }), ['a=1.0.0', 'b=1.0.0']],
    [
      'an opaque folder keeps what its own layer has',
      layer(1, { 'app/node_modules/c/package.json': npm('c') }, { opaqueDirectories: ['app'] }),
      ['c=1.0.0'],
    ],
    ['an opaque root', layer(1, {}, { opaqueDirectories: [''] }), []],
  ])('%s', (_name, upper, expected) => {
    const stock = compose(base, upper);
    expect(names(stock)).toEqual(expected);
    expect(stock.complete).toBe(true);
  });

  test('a whiteout does not act on its own layer', () => {
    const upper = layer(
      1,
      { 'app/node_modules/a/package.json': npm('a', '3.0.0') },
      { whiteouts: ['app/node_modules/a'] },
    );
    expect(names(compose(base, upper))).toEqual(['a=3.0.0', 'b=1.0.0']);
  });
});

describe('dpkg', () => {
  const stock = compose(
    layer(0, { [status]: dpkg('libc6=2.36', 'curl=7.88', 'vim=9.0'), 'usr/lib/os-release': debian12 }),
    layer(1, { [status]: dpkg('libc6=2.36', 'curl=7.99', 'git=2.39') }),
    layer(2, { [status]: dpkg('libc6=2.36', 'curl=7.99', 'git=2.39', 'jq=1.6') }),
  );

  test('the uppermost database is the whole truth: a removed package is gone', () => {
    expect(names(stock)).toEqual(['curl=7.99', 'git=2.39', 'jq=1.6', 'libc6=2.36']);
  });

  test('a package belongs to the layer that brought this version of it', () => {
    expect(stock.components.map(({ name, locations }) => [name, locations])).toEqual([
      ['curl', [{ path: `/${status}`, layer: layerId(1) }]],
      ['git', [{ path: `/${status}`, layer: layerId(1) }]],
      ['jq', [{ path: `/${status}`, layer: layerId(2) }]],
      ['libc6', [{ path: `/${status}`, layer: layerId(0) }]],
    ]);
  });

  test('the distribution comes from whichever layer has it', () => {
    expect(stock.operatingSystem).toEqual({ id: 'debian', versionId: '12' });
    expect(stock.components[0]).toMatchObject({ purl: 'pkg:deb/debian/curl@7.99?distro=debian-12', release: '12' });
  });

  test('/etc/os-release goes before /usr/lib/os-release, and a link is as good as its target', () => {
    const etc: FileFacts = { kind: 'operating-system', operatingSystem: { id: 'other' } };
    expect(compose(layer(0, { 'usr/lib/os-release': debian12, 'etc/os-release': etc })).operatingSystem?.id).toBe(
      'other',
    );
    const link: FileFacts = { kind: 'link', target: 'usr/lib/os-release' };
    const linked = compose(layer(0, { 'usr/lib/os-release': debian12, 'etc/os-release': link }));
    expect(linked).toMatchObject({ operatingSystem: { id: 'debian' }, complete: true });
  });

  test('dependencies: the first installed alternative, or who provides the name', () => {
    const text =
      'Package: a\nVersion: 1\nDepends: gone | b, virtual, missing\n\nPackage: b\nVersion: 1\n\nPackage: c\nVersion: 1\nProvides: virtual (= 1)\n';
    const { components } = compose(
      layer(0, { [status]: { kind: 'system-packages', manager: 'dpkg', packages: parseStatus(text) } }),
    );
    expect(components[0]?.dependsOn).toEqual(['pkg:deb/debian/b@1', 'pkg:deb/debian/c@1']);
  });
});

describe('files that a package of the system owns', () => {
  const owned: FileFacts = {
    kind: 'owned-files',
    package: 'node-a',
    files: ['usr/share/nodejs/node_modules/a/package.json', 'bin/tool'],
  };
  const guess: FileFacts = {
    kind: 'components',
    components: [{ ...toNpmComponent({ ...bare, name: 'tool' }), foundBy: 'known-binary', confidence: 0.8 }],
  };
  const system = { [status]: dpkg('node-a=1.0-2'), 'var/lib/dpkg/info/node-a.md5sums': owned };

  test('are related to it, and a guess at a program gives way to it', () => {
    const stock = compose(
      layer(0, { 'usr/share/nodejs/node_modules/a/package.json': npm('a'), 'usr/bin/tool': guess, ...system }),
    );
    expect(stock.components.map(({ name, ownedBy }) => [name, ownedBy])).toEqual([
      ['node-a', undefined],
      ['a', 'pkg:deb/debian/node-a@1.0-2'],
    ]);
  });

  test('a second copy that nobody owns leaves the component to nobody', () => {
    const stock = compose(
      layer(0, {
        'usr/share/nodejs/node_modules/a/package.json': npm('a'),
        'app/node_modules/a/package.json': npm('a'),
        'opt/tool': guess,
        ...system,
      }),
    );
    expect(stock.components.map(({ name, ownedBy, confidence }) => [name, ownedBy, confidence])).toEqual([
      ['node-a', undefined, undefined],
      ['a', undefined, undefined],
      ['tool', undefined, 0.8],
    ]);
  });

  test('a package that is gone owns nothing, though its list is left', () => {
    const stock = compose(layer(0, { ...system, 'usr/bin/tool': guess }), layer(1, { [status]: dpkg('other=1') }));
    expect(names(stock)).toEqual(['other=1', 'tool=1.0.0']);
  });
});

describe('one package in several places', () => {
  const found = composeStock(
    [
      {
        files: [
          {
            path: 'node_modules/a/package.json',
            facts: npm('a', '1.0.0', { licences: [{ kind: 'expression', expression: 'MIT' }], requires: ['b'] }),
          },
          { path: 'node_modules/b/package.json', facts: npm('b') },
          {
            path: 'package-lock.json',
            facts: npm('a', '1.0.0', {
              foundBy: 'npm-lockfile',
              scope: 'development',
              hashes: [{ algorithm: 'SHA-512', value: 'ab' }],
              licences: [{ kind: 'unresolved', text: 'mit' }],
            }),
          },
        ],
        whiteouts: [],
        opaqueDirectories: [],
      },
    ],
    { root: '' },
  );

  test('is one component that knows what each of them tells', () => {
    expect(found.components).toHaveLength(2);
    expect(found.components[0]).toEqual({
      purl: 'pkg:npm/a@1.0.0',
      ecosystem: 'npm',
      advisoryName: 'a',
      name: 'a',
      version: '1.0.0',
      advisoryVersion: '1.0.0',
      licences: [{ kind: 'expression', expression: 'MIT' }],
      hashes: [{ algorithm: 'SHA-512', value: 'ab' }],
      dependsOn: ['pkg:npm/b@1.0.0'],
      scope: 'development',
      locations: [{ path: 'node_modules/a/package.json' }, { path: 'package-lock.json' }],
      foundBy: 'node-modules',
    });
  });
});

describe('what could not be read', () => {
  test.each<[string, LayerFindings[], string]>([
    ['a file', [layer(0, { x: { kind: 'unreadable', reason: 'broken' } })], '/x'],
    ['a layer', [layer(0, {}, { failure: { code: 'ARCHIVE_TRUNCATED', reason: 'broken' } })], '/'],
    ['a link to nowhere', [layer(0, { [status]: { kind: 'link', target: 'opt/status' } })], `/${status}`],
    [
      'an archive inside an archive',
      [
        layer(0, {
          'a.jar': { kind: 'components', components: [], unreadable: [{ inside: 'b.jar', reason: 'broken' }] },
        }),
      ],
      '/a.jar!/b.jar',
    ],
  ])('%s leaves the stock incomplete', (_name, layers, path) => {
    const stock = compose(...layers);
    expect(stock.complete).toBe(false);
    expect(stock.unreadable).toEqual([{ path, layer: layerId(0), reason: expect.any(String) }]);
  });

  test('a licence that can not be read costs a detail, and no component', () => {
    const files: Record<string, FileFacts> = {
      'usr/share/doc/a/copyright': { kind: 'link', target: 'usr/share/common-licenses/GPL-2' },
      'usr/share/doc/b/copyright': { kind: 'unreadable', reason: 'too large' },
    };
    const { complete, unreadable, notes } = compose(layer(0, files));
    expect({ complete, unreadable, notes }).toEqual({
      complete: true,
      unreadable: [],
      notes: [{ path: '/usr/share/doc/b/copyright', layer: layerId(0), reason: 'too large' }],
    });
  });

  test('a broken file that a later layer replaces or removes is no loss', () => {
    const broken = layer(0, { x: { kind: 'unreadable', reason: 'broken' } });
    expect(compose(broken, layer(1, {}, { whiteouts: ['x'] })).complete).toBe(true);
    expect(compose(broken, layer(1, { x: npm('a') })).complete).toBe(true);
  });
});
