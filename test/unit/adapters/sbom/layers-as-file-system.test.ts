/** What is found in layers is what is there once they are unpacked on top of each other. */
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { scanTar } from '../../../../adapters/sbom/scan-tar.ts';
import { composeStock } from '../../../../domain/catalog/compose-stock.ts';
import type { LayerFindings } from '../../../../domain/catalog/layer-findings.ts';
import { digestOf } from '../../../images.ts';
import { type Entry, tarOf } from './hostile-parts.ts';
import { emptyTree, filesIn, type LayerEntry, overlay, unpackLayer } from './layered-tree.ts';

const PACKAGE = /(?:^|\/)node_modules\/[^/]+\/package\.json$/;

async function layerOf(entries: readonly LayerEntry[], textOf: (entry: LayerEntry) => string): Promise<LayerFindings> {
  const tar = await tarOf(...entries.map((entry) => toTarEntry(entry, textOf(entry))));
  const options = { compression: 'none', limits: defaultLimits, expectedDiffId: digestOf(tar) } as const;
  return scanTar(() => Readable.from([tar]), options);
}

function toTarEntry({ kind, path, target }: LayerEntry, content: string): Entry {
  switch (kind) {
    case 'file':
      return { name: path, content };
    case 'folder':
      return { name: `${path}/`, type: 'directory' };
    case 'link':
      return { name: path, type: 'symlink', linkname: `/${target}` };
    case 'whiteout':
      return { name: path.replace(/[^/]*$/, '.wh.$&') };
    case 'opaque':
      return { name: `${path}/.wh..wh..opq` };
  }
}

/** Packages by path, of the layers from the base up, by us and by a file system. */
async function both(layers: readonly (readonly LayerEntry[])[]): Promise<{ ours: string[]; theirs: string[] }> {
  const findings: LayerFindings[] = [];
  let tree = emptyTree();
  for (const [index, entries] of layers.entries()) {
    const textOf = (entry: LayerEntry): string =>
      PACKAGE.test(`node_modules/${entry.path}`) || entry.path.endsWith('package.json')
        ? `{"name": "x", "version": "${index}.${entries.indexOf(entry)}.0"}`
        : 'x';
    const { root, unpacked } = unpackLayer(entries, textOf);
    findings.push(await layerOf(unpacked, textOf));
    tree = overlay(tree, root);
  }
  const { components } = composeStock(findings, { root: '' });
  const ours = components.flatMap(({ version, locations }) => locations.map(({ path }) => `${path} ${version}`));
  const theirs = filesIn(tree).flatMap(([path, text]) =>
    PACKAGE.test(path) ? [`${path} ${(JSON.parse(text) as { version: string }).version}`] : [],
  );
  return { ours: ours.toSorted(), theirs: theirs.toSorted() };
}

const file = (path: string): LayerEntry => ({ kind: 'file', path, target: '' });
const link = (path: string, target: string): LayerEntry => ({ kind: 'link', path, target });
const manifest = (folder: string): LayerEntry => file(`${folder}/node_modules/a/package.json`);

test.each<[string, LayerEntry[][], string[]]>([
  ['a folder that becomes a link is hidden', [[manifest('app')], [link('app', 'srv')]], []],
  ['a folder that becomes a file is hidden', [[manifest('app')], [file('app')]], []],
  [
    '… also right in node_modules, by a name that files have',
    [[file('node_modules/a.js/package.json')], [file('node_modules/a.js')]],
    [],
  ],
  [
    'a link that becomes a folder: what was reached through it stays where it is',
    [[manifest('srv'), link('app', 'srv')], [manifest('app')]],
    ['app/node_modules/a/package.json 1.0.0', 'srv/node_modules/a/package.json 0.0.0'],
  ],
  [
    'a path that goes through a link of the same layer',
    [[link('app', 'srv'), manifest('app')]],
    ['srv/node_modules/a/package.json 0.1.0'],
  ],
  [
    '… to where packages are',
    [[link('app', 'node_modules/a'), file('app/package.json')]],
    ['node_modules/a/package.json 0.1.0'],
  ],
  [
    'a folder in place of a file',
    [[manifest('app')], [{ kind: 'folder', path: 'app/node_modules/a/package.json', target: '' }]],
    [],
  ],
  [
    '… that only the packages in it tell',
    [[manifest('app')], [file('app/node_modules/a/package.json/node_modules/b/package.json')]],
    ['app/node_modules/a/package.json/node_modules/b/package.json 1.0.0'],
  ],
  [
    'what was hidden stays so, when a folder of that name comes back',
    [[manifest('app')], [link('app', 'srv')], [file('app/x')]],
    [],
  ],
  [
    'a file that becomes a folder in one layer hides nothing beneath',
    [[manifest('app')], [file('app'), { kind: 'folder', path: 'app', target: '' }]],
    ['app/node_modules/a/package.json 0.0.0'],
  ],
  [
    'a whiteout through a link of its layer',
    [[manifest('srv')], [link('app', 'srv'), { kind: 'whiteout', path: 'app/node_modules', target: '' }]],
    [],
  ],
])('%s', async (_name, layers, expected) => {
  expect(await both(layers)).toEqual({ ours: expected, theirs: expected });
});

test('any layers', async () => {
  const part = fc.constantFrom('app', 'srv', 'node_modules', 'a', 'b');
  const folder = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const path = fc.oneof(
    folder,
    folder.map((one) => `${one}/node_modules/a/package.json`),
    folder.map((one) => `${one}/package.json`),
  );
  const kind = fc.constantFrom<LayerEntry['kind']>('file', 'file', 'file', 'link', 'folder', 'whiteout', 'opaque');
  const entry = fc.record({ kind, path, target: folder });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(entry, { maxLength: 6 }), { minLength: 1, maxLength: 4 }), async (layers) => {
      const { ours, theirs } = await both(layers);
      expect(ours).toEqual(theirs);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['var/lib/dpkg', 'opt/dpkg', true],
  ['var', 'data/var', true],
  // Debian's nodejs; what is there belongs to packages of the system.
  ['usr/share/node_modules', 'usr/share/nodejs', false],
  ['lib', 'usr/lib', false],
  ['var/lib/rpm', 'usr/lib/sysimage/rpm', false],
  ['app', 'srv', false],
])('a link %s to %s, through which packages are reached where nobody looks: %s', async (path, target, isTold) => {
  const stock = composeStock([await layerOf([link(path, target)], () => '')], { root: '/' });
  const said = { path: `/${path}`, reason: `a link to /${target}, where nobody looks for packages` };
  expect(stock).toMatchObject({ complete: !isTold, unreadable: isTold ? [said] : [] });
});

test('links in a circle lead nowhere, and end', async () => {
  const { components } = composeStock(
    [await layerOf([link('a', 'b/c'), link('b', 'a/c'), manifest('a')], () => '{"name": "x", "version": "1.0.0"}')],
    { root: '' },
  );
  expect(components.map(({ locations }) => locations[0]?.path)).toEqual(['a/node_modules/a/package.json']);
});
