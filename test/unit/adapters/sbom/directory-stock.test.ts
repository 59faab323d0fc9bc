import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { takeArchiveStock } from '../../../../adapters/sbom/take-archive-stock.ts';
import { takeDirectoryStock, takeFileStock } from '../../../../adapters/sbom/take-directory-stock.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { zipOf } from './zip-of.ts';

function folderOf(files: Record<string, string | Uint8Array>): string {
  const folder = temporaryFolder('pratique-folder-');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

const clone = path.resolve(import.meta.dirname, '../../../..');
const pom = 'groupId=org.a\nartifactId=inner\nversion=1.0\n';
const inner = zipOf({ 'META-INF/maven/org.a/inner/pom.properties': pom });
const lock = '{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}';

describe('a folder', () => {
  test('this clone: every package of its lockfile is found', async () => {
    const { components } = await takeDirectoryStock(clone);
    const { packages } = JSON.parse(readFileSync(path.join(clone, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string; name?: string }>;
    };
    const found = new Set(components.map(({ name, version }) => `${name}@${version}`));
    const missing = Object.entries(packages)
      .filter(([place]) => place !== '')
      .map(([place, { name, version }]) => `${name ?? place.slice(place.lastIndexOf('node_modules/') + 13)}@${version}`)
      .filter((one) => !found.has(one));
    expect(missing).toEqual([]);
  });

  test('Git’s own folder is left out, links are not followed, what they hide is said', async () => {
    const folder = folderOf({ 'package-lock.json': lock, '.git/package-lock.json': '{', 'elsewhere/x': '' });
    symlinkSync('../outside/package-lock.json', path.join(folder, 'elsewhere/package-lock.json'));
    const { components, unreadable, complete } = await takeDirectoryStock(folder);
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:npm/a@1.0.0']);
    expect(unreadable).toEqual([{ path: 'elsewhere/package-lock.json', reason: expect.stringContaining('a link to') }]);
    expect(complete).toBe(false);
  });

  test('node_modules by itself', async () => {
    const folder = folderOf({ 'node_modules/a/package.json': '{"name": "a", "version": "1.0.0"}' });
    const { components } = await takeDirectoryStock(path.join(folder, 'node_modules'));
    expect(components.map(({ locations }) => locations)).toEqual([[{ path: 'node_modules/a/package.json' }]]);
  });

  test('more files than the limit', async () => {
    const folder = folderOf({ a: '', b: '', c: '' });
    const { complete } = await takeDirectoryStock(folder, { limits: { ...defaultLimits, maxEntries: 2 } });
    expect(complete).toBe(false);
  });

  test('a folder that is not there is no empty folder', async () => {
    const { complete, unreadable } = await takeDirectoryStock('/nowhere');
    expect(complete).toBe(false);
    expect(unreadable).toEqual([{ path: '.', reason: 'the system says ENOENT' }]);
  });
});

describe('Java archives', () => {
  const find = (bytes: Uint8Array) => takeFileStock(path.join(folderOf({ 'app-2.0.jar': bytes }), 'app-2.0.jar'));

  test('an archive inside an archive, with its own place and hashes', async () => {
    const outer = zipOf({
      'META-INF/MANIFEST.MF': 'Implementation-Vendor-Id: com.example\n',
      'BOOT-INF/lib/inner.jar': inner,
    });
    const { components, complete } = await find(outer);
    expect(complete).toBe(true);
    expect(components.map(({ purl, locations, hashes }) => [purl, locations[0]?.path, hashes[1]?.value])).toEqual([
      ['pkg:maven/com.example/app@2.0', 'app-2.0.jar', createHash('sha256').update(outer).digest('hex')],
      [
        'pkg:maven/org.a/inner@1.0',
        'app-2.0.jar!/BOOT-INF/lib/inner.jar',
        createHash('sha256').update(inner).digest('hex'),
      ],
    ]);
  });

  test('nested without end: the depth is bounded, and said', async () => {
    let bytes = inner;
    for (let depth = 0; depth < 100; depth += 1) bytes = zipOf({ 'x.jar': bytes });
    const { complete, unreadable } = await find(bytes);
    expect(complete).toBe(false);
    expect(unreadable[0]?.reason).toBe('nested more than 5 deep');
    expect(unreadable[0]?.path).toBe(`app-2.0.jar!/${Array.from({ length: 6 }, () => 'x.jar').join('!/')}`);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['cut off', inner.subarray(0, -10), /not a zip file/],
    ['a damaged inner archive', zipOf({ 'lib/x.jar': inner.subarray(0, 40) }), /not a zip file/],
    ['paths that climb out', zipOf({ '../../x.jar': inner }), /path that leaves it/],
    ['an entry with other bytes than its checksum', corrupt(inner), /damaged/],
  ])('%s', async (_name, bytes, reason) => {
    const { complete, unreadable } = await find(bytes);
    expect(complete).toBe(false);
    expect(unreadable.map((one) => one.reason).join()).toMatch(reason);
  });

  test('what stands behind the count of the directory is found, and it is said that the count is wrong', async () => {
    const files = { 'META-INF/MANIFEST.MF': 'Implementation-Vendor-Id: com.example\n', 'lib/inner.jar': inner };
    const { components, complete, unreadable } = await find(zipOf(files, 1));
    expect(components.map(({ purl }) => purl)).toContain('pkg:maven/org.a/inner@1.0');
    expect(complete).toBe(false);
    const reason = 'a damaged zip file: its directory is not what its end record says';
    expect(unreadable).toEqual([{ path: 'app-2.0.jar', reason }]);
    const nested = await find(zipOf({ 'lib/x.jar': zipOf(files, 1) }));
    expect(nested.components.map(({ purl }) => purl)).toContain('pkg:maven/org.a/inner@1.0');
    expect(nested.unreadable).toEqual([{ path: 'app-2.0.jar!/lib/x.jar', reason }]);
  });

  test('entries that together expand beyond the limit', async () => {
    const file = path.join(folderOf({ 'a.jar': zipOf({ 'x.jar': new Uint8Array(2_000_000) }) }), 'a.jar');
    const { unreadable } = await takeFileStock(file, { limits: { ...defaultLimits, maxZipKeptBytes: 1_000_000 } });
    expect(unreadable[0]?.reason).toMatch(/expand beyond the limit/);
  });
});

/** Another letter in the stored bytes of the first entry. */
function corrupt(zip: Uint8Array): Uint8Array {
  const at = Buffer.from(zip).indexOf('groupId=org.a');
  return Buffer.from(zip).fill('x', at, at + 1);
}

describe('a tar archive on disk', () => {
  async function tarOf(files: Record<string, string>): Promise<Buffer> {
    const tar = pack();
    for (const [name, content] of Object.entries(files)) tar.entry({ name, mtime: new Date(0) }, content);
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  const write = (bytes: Uint8Array): string => path.join(folderOf({ 'x.tar': bytes }), 'x.tar');

  test('compressed or not', async () => {
    const tar = await tarOf({ './src/package-lock.json': lock });
    for (const bytes of [tar, gzipSync(tar)]) {
      const { components, complete } = await takeArchiveStock(write(bytes));
      expect([complete, components.map(({ locations }) => locations)]).toEqual([
        true,
        [[{ path: 'src/package-lock.json' }]],
      ]);
    }
  });

  test('a package as npm packs it is that package; the same in a folder is the project’s own', async () => {
    const files = { 'package/package.json': '{"name":"left-pad","version":"1.3.0","license":"WTFPL"}' };
    const stock = await takeArchiveStock(write(gzipSync(await tarOf(files))));
    expect(stock.components).toMatchObject([{ purl: 'pkg:npm/left-pad@1.3.0', foundBy: 'npm-package' }]);
    expect((await takeDirectoryStock(folderOf(files))).components).toEqual([]);
  });

  test('one that has no end is incomplete', async () => {
    const tar = await tarOf({ 'package-lock.json': lock });
    expect((await takeArchiveStock(write(tar.subarray(0, -1024)))).complete).toBe(false);
  });

  test('the archive of an image is not a clean archive without packages', async () => {
    const archive = takeArchiveStock(write(await tarOf({ 'manifest.json': '[]', 'blobs/sha256/x': '' })));
    await expect(archive).rejects.toMatchObject({ code: 'ARCHIVE_UNSUPPORTED' });
  });
});

test('a truncated lockfile is never an empty, clean stock', async () => {
  const bytes = new TextEncoder().encode(lock);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
      const file = path.join(folderOf({ 'package-lock.json': bytes.subarray(0, length) }), 'package-lock.json');
      expect((await takeFileStock(file)).complete).toBe(false);
    }),
    { numRuns: 40 },
  );
});

test('any bytes as any wanted file are read or said to be unreadable', async () => {
  const names = [
    'package-lock.json',
    'a.jar',
    'node_modules/a/package.json',
    'x.dist-info/METADATA',
    'var/lib/dpkg/status',
    'etc/os-release',
    'usr/share/doc/a/copyright',
  ];
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 500 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), content, async (name, bytes) => {
      const { complete, unreadable } = await takeDirectoryStock(folderOf({ [name]: bytes }));
      expect(complete).toBe(unreadable.length === 0);
    }),
    { numRuns: 300 },
  );
});

const dpkgFields = ['db:Status-Status', 'Package', 'Version', 'source:Package', 'source:Version'];
const dpkgFormat = `${dpkgFields.map((field) => ['$', '{', field, '}'].join('')).join(' ')}\\n`;
const dpkgTool = 'dpkg-query';

/** Truth from the native tool, where this machine has one. */
const dpkgQuery = (() => {
  try {
    return execFileSync(dpkgTool, ['-W', '-f', dpkgFormat], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
})();

test.skipIf(dpkgQuery === undefined)('this machine’s own dpkg database, as dpkg-query sees it', async () => {
  const folder = folderOf({
    'var/lib/dpkg/status': readFileSync('/var/lib/dpkg/status'),
    'etc/os-release': readFileSync('/etc/os-release'),
  });
  const { components } = await takeDirectoryStock(folder);
  const found = components.map(({ name, version, advisoryName, advisoryVersion }) =>
    [name, version, advisoryName, advisoryVersion].join(' '),
  );
  const expected = (dpkgQuery ?? '')
    .split('\n')
    .filter((line) => line !== '' && !/^(?:not-installed|config-files) /.test(line))
    .map((line) => line.slice(line.indexOf(' ') + 1));
  expect(found.toSorted()).toEqual(expected.toSorted());
});
