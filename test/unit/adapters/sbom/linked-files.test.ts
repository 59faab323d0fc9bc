/** Hard links to files that nobody wants by their own path, as pnpm and Bun leave them in layers. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { scanTar } from '../../../../adapters/sbom/scan-tar.ts';
import { composeStock } from '../../../../domain/catalog/compose-stock.ts';
import { digestOf } from '../../../images.ts';
import { END, type Entry, tarOf } from './hostile-parts.ts';

const STORE = 'root/.local/share/pnpm/store/v10/files/ab/cdef';
const PLACE = 'usr/src/app/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json';
const manifest = (name: string, version = '1.0.0') => JSON.stringify({ name, version });
const linked = (name: string, linkname: string): Entry => ({ name, type: 'link', linkname });

/** What is found, what is unreadable, and how often the layer was read. */
async function read(tars: Buffer, again = tars) {
  let readings = 0;
  const open = () => Readable.from([readings++ === 0 ? tars : again]);
  const options = { compression: 'none', limits: defaultLimits, expectedDiffId: digestOf(tars) } as const;
  const { components, unreadable } = composeStock([await scanTar(open, options)], { root: '' });
  return {
    readings,
    found: components.flatMap(({ name, version, locations }) =>
      locations.map(({ path }) => `${name} ${version} ${path}`),
    ),
    unreadable: unreadable.map(({ path, reason }) => `${path}: ${reason}`),
  };
}

const unread = (path: string) => `${path}: a hard link to a file that was not read`;

test.each<[string, Entry[], { found?: string[]; unreadable?: string[]; readings: number }]>([
  [
    'a file of the store, before its link',
    [{ name: STORE, content: manifest('a') }, linked(PLACE, STORE)],
    { found: [`a 1.0.0 ${PLACE}`], readings: 2 },
  ],
  [
    'several links to one file',
    [{ name: STORE, content: manifest('a') }, linked(PLACE, STORE), linked('srv/node_modules/a/package.json', STORE)],
    { found: [`a 1.0.0 srv/node_modules/a/package.json`, `a 1.0.0 ${PLACE}`], readings: 2 },
  ],
  [
    'through a folder that is a link',
    [
      { name: 'data/store', content: manifest('a') },
      { name: 'store', type: 'symlink', linkname: 'data' },
      linked(PLACE, 'store/store'),
    ],
    { found: [`a 1.0.0 ${PLACE}`], readings: 2 },
  ],
  [
    'another file comes to where the link leads, after it',
    [{ name: STORE, content: manifest('a') }, linked(PLACE, STORE), { name: STORE, content: manifest('innocent') }],
    { found: [`a 1.0.0 ${PLACE}`], readings: 2 },
  ],
  [
    'a file that is replaced after a link to it was',
    [{ name: STORE, content: manifest('a') }, linked(PLACE, STORE), { name: PLACE, content: manifest('b') }],
    { found: [`b 1.0.0 ${PLACE}`], readings: 1 },
  ],
  [
    'a broken file',
    [{ name: STORE, content: '{' }, linked(PLACE, STORE)],
    { unreadable: [`${PLACE}: node-modules: not JSON`], readings: 2 },
  ],
  [
    'of two catalogers the first link has the file, the other says that it was not read',
    [
      { name: STORE, content: manifest('a') },
      linked(PLACE, STORE),
      linked('usr/src/app/node_modules/.package-lock.json', STORE),
    ],
    { found: [`a 1.0.0 ${PLACE}`], unreadable: [unread('usr/src/app/node_modules/.package-lock.json')], readings: 2 },
  ],
  ['a file that is not there', [linked(PLACE, STORE)], { unreadable: [unread(PLACE)], readings: 2 }],
  [
    'a file that is wanted by its own path',
    [
      { name: 'app/node_modules/a/package.json', content: manifest('a') },
      linked('srv/node_modules/a/package.json', 'app/node_modules/a/package.json'),
    ],
    { found: ['a 1.0.0 app/node_modules/a/package.json', 'a 1.0.0 srv/node_modules/a/package.json'], readings: 1 },
  ],
  ['links that nobody wants', [{ name: STORE, content: 'x' }, linked('usr/bin/x', STORE)], { readings: 1 }],
])('%s', async (_what, entries, { found = [], unreadable = [], readings }) => {
  expect(await read(await tarOf(...entries))).toEqual({ found, unreadable, readings });
});

test('other bytes at the second reading are no layer', async () => {
  const tar = await tarOf({ name: STORE, content: manifest('a') }, linked(PLACE, STORE));
  const { found, unreadable } = await read(tar, END);
  expect(found).toEqual([]);
  expect(unreadable).toEqual([expect.stringMatching(/^\/: the layer unpacks to sha256:/), unread(PLACE)]);
});
