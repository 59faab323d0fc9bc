import { expect, test } from 'vitest';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import {
  compareConfigurations,
  compareFiles,
  flattenLayers,
  type LayerEntry,
  type LayerFiles,
} from '../../../../domain/building/compare-files.ts';

const digest = (letter: string) => parseDigest(`sha256:${letter.repeat(64)}`);
const file = (content: string, more: Partial<LayerEntry> = {}): LayerEntry => ({
  ...{ type: 'file', mode: 0o644, owner: '0:0', size: content.length, sha256: content },
  ...more,
});
const folder: LayerEntry = { type: 'directory', mode: 0o755, owner: '0:0', size: 0 };
const link = (to: string): LayerEntry => ({ type: 'symlink', mode: 0o777, owner: '0:0', size: 0, link: to });

function layer(letter: string, entries: Record<string, LayerEntry>, more: Partial<LayerFiles> = {}): LayerFiles {
  return { layer: digest(letter), entries: new Map(Object.entries(entries)), whiteouts: [], opaque: [], ...more };
}
const paths = (...layers: LayerFiles[]) => [...flattenLayers(layers).keys()].sort();

const base = layer('a', {
  app: folder,
  'app/x': file('1'),
  'app/lib': folder,
  'app/lib/y': file('2'),
  apple: file('3'),
});

test.each([
  [
    'a later file replaces an earlier one',
    [layer('b', { 'app/x': file('9') })],
    ['app', 'app/lib', 'app/lib/y', 'app/x', 'apple'],
  ],
  [
    'a whiteout takes a file away',
    [layer('b', {}, { whiteouts: ['app/x'] })],
    ['app', 'app/lib', 'app/lib/y', 'apple'],
  ],
  ['a whiteout takes a folder and what is in it', [layer('b', {}, { whiteouts: ['app'] })], ['apple']],
  // layer.md, "Opaque Whiteout": hides lower layers only, also where the layer's own entries come before it.
  [
    'an opaque folder keeps what its own layer has',
    [layer('b', { 'app/new': file('4') }, { opaque: ['app'] })],
    ['app', 'app/new', 'apple'],
  ],
  ['a file in the place of a folder takes its content', [layer('b', { app: file('5') })], ['app', 'apple']],
  [
    'a folder again keeps its content',
    [layer('b', { app: { ...folder, mode: 0o700 } })],
    ['app', 'app/lib', 'app/lib/y', 'app/x', 'apple'],
  ],
  [
    'what was taken away can come back',
    [layer('b', {}, { whiteouts: ['app/x'] }), layer('c', { 'app/x': file('6') })],
    ['app', 'app/lib', 'app/lib/y', 'app/x', 'apple'],
  ],
])('%s', (_, above, expected) => {
  expect(paths(base, ...above)).toEqual(expected);
});

test('added, removed and changed entries, each with its layer and what differs', () => {
  const before = flattenLayers([base, layer('b', { tool: file('7'), ln: link('a') })]);
  const after = flattenLayers([
    base,
    layer('c', { tool: file('7', { mode: 0o4755 }), ln: link('b'), door: file('8') }, { whiteouts: ['apple'] }),
  ]);
  const difference = compareFiles(before, after, ['Env']);
  expect(difference).toMatchObject({
    identical: false,
    added: [{ path: 'door', layer: digest('c') }],
    removed: [{ path: 'apple', layer: digest('a') }],
    changed: [
      { path: 'ln', aspects: ['link'] },
      { path: 'tool', aspects: ['mode'], before: { layer: digest('b') }, after: { layer: digest('c'), mode: 0o4755 } },
    ],
    totals: { added: 1, removed: 1, changed: 2, unchanged: 4 },
    configuration: ['Env'],
  });
  expect(JSON.parse(JSON.stringify(difference))).toEqual(difference);
});

test('lists stop at 1000 entries, totals do not', () => {
  const many = Object.fromEntries(
    Array.from({ length: 1500 }, (_, at) => [`f${String(at).padStart(4, '0')}`, file('x')]),
  );
  const difference = compareFiles(new Map(), flattenLayers([layer('a', many)]), []);
  expect(difference.added.map(({ path }) => path)).toEqual(Object.keys(many).slice(0, 1000));
  expect(difference.totals.added).toBe(1500);
});

test.each([
  ['nothing', { Cmd: ['a'], Labels: { x: '1', y: '2' } }, { Labels: { y: '2', x: '1' }, Cmd: ['a'] }, []],
  ['absent, null and empty', { Env: null, Labels: {} }, { Volumes: [] }, []],
  ['entry point and user', { Entrypoint: ['a'], User: '1' }, { Entrypoint: ['b'] }, ['Entrypoint', 'User']],
])('configurations that differ in %s', (_, before, after, expected) => {
  expect(compareConfigurations(before, after)).toEqual(expected);
});
