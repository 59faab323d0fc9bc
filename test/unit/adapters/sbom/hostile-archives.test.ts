/** Archives made to crash, to hang, to take all memory, or to look clean: each gives what could be read, and says what could not. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ArchiveLimits, defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { scanTar } from '../../../../adapters/sbom/scan-tar.ts';
import { takeArchiveStock } from '../../../../adapters/sbom/take-archive-stock.ts';
import { composeStock } from '../../../../domain/catalog/compose-stock.ts';
import type { Stock } from '../../../../domain/sbom/component.ts';
import { digestOf } from '../../../images.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import {
  END,
  type Entry,
  good,
  header,
  lyingElf,
  lyingZip,
  MEBIBYTE,
  nestedJars,
  overlappingZip,
  tarOf,
} from './hostile-parts.ts';
import { zipOf } from './zip-of.ts';

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

async function stockOf(bytes: Uint8Array, limits: Partial<ArchiveLimits> = {}, isGzip = false): Promise<Stock> {
  const options = {
    compression: isGzip ? ('gzip' as const) : ('none' as const),
    limits: { ...defaultLimits, ...limits },
  };
  return composeStock([await scanTar(() => inChunks(bytes), options)], { root: '/' });
}

const said = ({ unreadable }: Stock): string[] => unreadable.map((one) => `${one.path}: ${one.reason}`);

describe('found until then, and why no further', async () => {
  const tar = await tarOf(good, { name: 'b.bin', content: Buffer.alloc(3000) });
  const withoutEnd = (await tarOf(good)).subarray(0, 1024);

  test.each<[string, Uint8Array, Partial<ArchiveLimits>, RegExp]>([
    ['cut off inside a file', tar.subarray(0, 3000), {}, /^\/: ends in the middle/],
    ['cut off between files', withoutEnd, {}, /^\/: the end of the archive is missing/],
    [
      'a file of 8 GiB that is not there',
      Buffer.concat([withoutEnd, header('big', '77777777777\0')]),
      {},
      /^\/: ends in the middle/,
    ],
    [
      'a path that climbs out',
      Buffer.concat([withoutEnd, header('a/../../etc/passwd', '0\0'), END]),
      {},
      /climbs out with ".."/,
    ],
    [
      'a path of 64 KiB',
      await tarOf(good, { name: 'x', pax: { path: 'p'.repeat(65_536) } }),
      {},
      /has 65536 characters/,
    ],
    [
      'a hard link out of the tree',
      await tarOf(good, { name: 'x', type: 'link', linkname: '../../x' }),
      {},
      /climbs out/,
    ],
    [
      'an extended header of 1 GiB',
      Buffer.concat([withoutEnd, header('x', '10000000000\0', 'x')]),
      {},
      /an extended header of 1073741824 bytes/,
    ],
    [
      'too many entries',
      Buffer.concat([withoutEnd, ...Array.from({ length: 2000 }, (_, index) => header(`f${index}`, '0\0')), END]),
      { maxEntries: 1000 },
      /more than 1000 entries/,
    ],
    [
      'too many files to keep',
      await tarOf(good, ...Array.from({ length: 200 }, (_, index) => ({ name: `w/.wh.${index}` }))),
      { maxKept: 100 },
      /more than 100 files to keep/,
    ],
    [
      'more bytes than allowed',
      Buffer.concat([withoutEnd, header('z', '20000000\0'), Buffer.alloc(4 * MEBIBYTE)]),
      { maxExpandedBytes: MEBIBYTE },
      /expands to more than 1048576 bytes/,
    ],
  ])('%s', async (_name, bytes, limits, reason) => {
    const stock = await stockOf(bytes, limits);
    expect(stock.complete).toBe(false);
    expect(said(stock).join('\n')).toMatch(reason);
  });

  test('absolute paths are read as what unpacks them does, and told', async () => {
    const stock = await stockOf(await tarOf({ ...good, name: `/${good.name}` }, { name: '/etc/passwd', content: '' }));
    expect(stock.components).toEqual((await stockOf(await tarOf(good))).components);
    expect(stock).toMatchObject({
      complete: true,
      notes: [{ reason: expect.stringMatching(/^the first of 2 entries whose paths are absolute/) }],
    });
  });

  test('a gzip bomb', async () => {
    const before = process.memoryUsage.rss();
    const stock = await stockOf(gzipSync(Buffer.alloc(300 * MEBIBYTE)), {}, true);
    expect(said(stock)).toEqual(['/: expands more than 400 times']);
    // The bomb itself was made here.
    expect(process.memoryUsage.rss() - before).toBeLessThan(512 * MEBIBYTE);
  });

  test('another digest than the configuration names', async () => {
    const options = { compression: 'none', limits: defaultLimits, expectedDiffId: digestOf(END) } as const;
    const stock = composeStock([await scanTar(() => inChunks(tar), options)], { root: '/' });
    expect(said(stock)).toEqual([expect.stringMatching(/^\/: the layer unpacks to sha256:/)]);
  });
});

describe('the one file is told, and all others are found', () => {
  const jar = 'lib/x.jar';
  test.each<[string, Entry, string]>([
    [
      'jars nested 100 deep',
      { name: jar, content: nestedJars(100) },
      `/${jar}!/${Array.from({ length: 6 }, () => 'inner.jar').join('!/')}: nested more than 5 deep`,
    ],
    [
      'a zip with entries that overlap',
      { name: jar, content: overlappingZip() },
      `/${jar}: java-archive: a zip file with entries that overlap`,
    ],
    [
      'a zip that says it unpacks to less',
      { name: jar, content: lyingZip() },
      `/${jar}: java-archive: a damaged zip file: an entry that can not be unpacked`,
    ],
    [
      'a zip that climbs out',
      { name: jar, content: zipOf({ '../../x': '' }) },
      `/${jar}: java-archive: a zip file with a path that leaves it`,
    ],
    [
      'a zip cut off',
      { name: jar, content: nestedJars(1).subarray(0, -30) },
      `/${jar}: java-archive: not a zip file, or a damaged one`,
    ],
    [
      'a sparse file of 1 TiB',
      { name: 'package-lock.json', pax: { 'GNU.sparse.map': '', 'GNU.sparse.size': String(1024 ** 4) } },
      '/package-lock.json: 1099511627776 bytes: at most',
    ],
    [
      'a link out of the tree',
      { name: 'package-lock.json', type: 'symlink', linkname: '../../../etc/shadow' },
      '/package-lock.json: a link to /etc/shadow, which was not read',
    ],
    [
      'a device',
      { name: 'package-lock.json', type: 'character-device', devmajor: 1, devminor: 3 },
      '/package-lock.json: an entry of type character-device',
    ],
  ])('%s', async (_name, entry, reason) => {
    const stock = await stockOf(await tarOf(entry, good));
    expect(stock.components.map(({ name }) => name)).toContain('left');
    expect(said(stock)).toEqual([expect.stringContaining(reason)]);
    expect(stock.complete).toBe(false);
  });

  test('a lockfile of 1 GiB, all of it there', async () => {
    const zeros = Buffer.alloc(4 * MEBIBYTE);
    const chunks = async function* () {
      yield header('package-lock.json', '10000000000\0');
      for (let sent = 0; sent < 1024; sent += 4) yield zeros;
      yield await tarOf(good);
    };
    const stock = composeStock([await scanTar(chunks, { compression: 'none', limits: defaultLimits })], {
      root: '/',
    });
    expect(said(stock)).toEqual(['/package-lock.json: 1073741824 bytes: at most 33554432 are read']);
    expect(stock.components.map(({ name }) => name)).toEqual(['left']);
  });

  test('links that lead to one another', async () => {
    const stock = await stockOf(
      await tarOf(
        { name: 'a/package-lock.json', type: 'symlink', linkname: '../b/package-lock.json' },
        { name: 'b/package-lock.json', type: 'symlink', linkname: '../a/package-lock.json' },
        { name: 'c/package-lock.json', type: 'link', linkname: 'd/package-lock.json' },
        { name: 'd/package-lock.json', type: 'link', linkname: 'c/package-lock.json' },
        good,
      ),
    );
    expect(stock.components.map(({ name }) => name)).toEqual(['left']);
    expect(stock.complete).toBe(false);
  });

  test('of two entries of one name the later holds, as when it is unpacked', async () => {
    const stock = await stockOf(await tarOf(good, { ...good, content: '{"name": "left", "version": "2.0.0"}' }));
    expect(stock.components.map(({ version }) => version)).toEqual(['2.0.0']);
    expect(stock).toMatchObject({
      complete: true,
      notes: [{ reason: expect.stringMatching(/^an entry whose path was there before: the later is read/) }],
    });
  });
});

test.each([
  ['behind its end', 1n << 40n, 40],
  ['below zero', -1n & 0xffffffffffffffffn, 0xffff],
  ['at its own header', 0n, 0xffff],
  ['at its last byte', 4095n, 0xffff],
])('an ELF with headers %s is told, and stops nothing', async (_name, offset, count) => {
  const stock = await stockOf(await tarOf({ name: 'usr/bin/x', mode: 0o755, content: lyingElf(offset, count) }, good));
  expect(stock.components.map(({ name }) => name)).toContain('left');
  expect(said(stock).join('\n')).toMatch(/^\/usr\/bin\/x: (?:go|rust)-binary: /);
});

test('any damage to an archive with everything in it is survived', async () => {
  const bytes = await tarOf(
    { name: 'lib/x.jar', content: nestedJars(2) },
    { name: 'usr/bin/x', mode: 0o755, content: lyingElf(64n, 3) },
    { name: 'long/'.repeat(40), type: 'directory' },
    good,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 20 }),
      fc.nat(bytes.length),
      async (changes, cut) => {
        const damaged = Buffer.from(bytes.subarray(0, cut));
        for (const [at, byte] of changes) if (at < cut) damaged[at] = byte;
        const stock = await stockOf(damaged);
        expect(stock.complete).toBe(stock.unreadable.length === 0);
      },
    ),
    { numRuns: 60 },
  );
});

test('an archive on disk is told the same way', async () => {
  const file = path.join(temporaryFolder('pratique-hostile-'), 'root.tar.gz');
  writeFileSync(file, gzipSync(await tarOf(good, { name: 'lib/x.jar', content: overlappingZip() })));
  const stock = await takeArchiveStock(file);
  expect(said(stock)).toEqual(['lib/x.jar: java-archive: a zip file with entries that overlap']);
});
