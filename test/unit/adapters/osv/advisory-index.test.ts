import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openAdvisoryIndex } from '../../../../adapters/osv/advisory-index.ts';
import { buildAdvisoryIndex, buildAdvisoryIndexInMemory } from '../../../../adapters/osv/build-advisory-index.ts';
import { openDirectoryDatabase } from '../../../../adapters/osv/directory-database.ts';
import type { FeedItem } from '../../../../adapters/osv/feed.ts';
import type { OsvRecord } from '../../../../domain/advisory/osv-record.ts';
import { advisoryDatabaseContract } from '../../../contracts/advisory-database.ts';
import { affects, osv } from '../../domain/advisory/osv.ts';
import { temporaryFolders } from './feed-folder.ts';
import { makeZip } from './make-zip.ts';

const temporaryFolder = temporaryFolders();
const signal = new AbortController().signal;

async function* itemsOf(records: readonly OsvRecord[]): AsyncGenerator<FeedItem> {
  for (const record of records) yield { kind: 'record', record };
}
const build = (items: AsyncIterable<FeedItem>) => ({ items, source: 'test', syncedAt: undefined, fingerprint: '' });

advisoryDatabaseContract('an index in memory', async (records) => {
  const index = await buildAdvisoryIndexInMemory(build(itemsOf(records)));
  return { database: index, close: async () => index[Symbol.dispose]() };
});

advisoryDatabaseContract('an index file', async (records) => {
  const file = path.join(temporaryFolder(), 'index.sqlite');
  await buildAdvisoryIndex(file, build(itemsOf(records)), { onto: false });
  const index = openAdvisoryIndex(file);
  return { database: index, close: async () => index[Symbol.dispose]() };
});

const first = osv('GHSA-1', { affected: [affects('npm', 'a', 'i:0')] });
const second = osv('GHSA-2', { affected: [affects('npm', 'b', 'i:0')] });

test('a second import adds to the first, and says what it changed', async () => {
  const file = path.join(temporaryFolder(), 'advisories', 'index.sqlite');
  expect(await buildAdvisoryIndex(file, build(itemsOf([first])), { onto: true })).toMatchObject({ added: 1 });
  const changed = osv('GHSA-1', { modified: '2025-01-01T00:00:00Z', affected: [affects('npm', 'c', 'i:0')] });
  const summary = await buildAdvisoryIndex(file, build(itemsOf([second, changed, second])), { onto: true });
  expect(summary).toEqual({ added: 1, updated: 1, unchanged: 1, rejected: { count: 0, first: [] } });
  using index = openAdvisoryIndex(file);
  expect([...(await index.lookup('npm', ['a', 'b', 'c'])).keys()]).toEqual(['b', 'c']);
});

test('what changed within the second is newer', async () => {
  const file = path.join(temporaryFolder(), 'index.sqlite');
  const at = (modified: string, name: string) => osv('GHSA-1', { modified, affected: [affects('npm', name, 'i:0')] });
  await buildAdvisoryIndex(file, build(itemsOf([at('2025-01-01T00:00:31Z', 'a')])), { onto: true });
  const again = build(itemsOf([at('2025-01-01T00:00:31.5Z', 'b'), at('2025-01-01T00:00:31.25Z', 'c')]));
  expect(await buildAdvisoryIndex(file, again, { onto: true })).toMatchObject({ updated: 1, unchanged: 1 });
});

test('a record of a time that is yet to come gives way to its next form', async () => {
  const file = path.join(temporaryFolder(), 'index.sqlite');
  const ahead = osv('GHSA-1', { modified: '9999-01-01T00:00:00Z', affected: [affects('npm', 'a', 'i:0')] });
  await buildAdvisoryIndex(file, build(itemsOf([ahead])), { onto: true });
  expect(await buildAdvisoryIndex(file, build(itemsOf([first])), { onto: true })).toMatchObject({ updated: 1 });
  using index = openAdvisoryIndex(file);
  expect((await index.state()).newest).toBe(first.modified);
});

test('a time that is yet to come is not how new a feed is that nobody brought in', async () => {
  const ahead = osv('GHSA-2', { modified: '9999-01-01T00:00:00Z', affected: [affects('npm', 'a', 'i:0')] });
  using index = await buildAdvisoryIndexInMemory(build(itemsOf([first, ahead])));
  expect((await index.state()).feeds).toEqual({ npm: { newest: first.modified } });
});

test('a feed that breaks off leaves the old index in force, and no draft behind', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'index.sqlite');
  await buildAdvisoryIndex(file, build(itemsOf([first])), { onto: true });
  async function* broken(): AsyncGenerator<FeedItem> {
    yield { kind: 'record', record: second };
    throw new Error('broke off');
  }
  await expect(buildAdvisoryIndex(file, build(broken()), { onto: true })).rejects.toThrow('broke off');
  expect(readdirSync(folder)).toEqual(['index.sqlite']);
  using index = openAdvisoryIndex(file);
  expect((await index.state()).records).toBe(1);
});

test('rejections are counted, and the first hundred kept with their place', async () => {
  async function* rejections(): AsyncGenerator<FeedItem> {
    for (let number = 0; number < 150; number++)
      yield { kind: 'rejected', place: `f!${number}`, reason: 'id: missing' };
  }
  using index = await buildAdvisoryIndexInMemory(build(rejections()));
  const { rejected } = await index.state();
  expect(rejected.count).toBe(150);
  expect(rejected.first).toHaveLength(100);
  expect(rejected.first[0]).toEqual({ place: 'f!0', reason: 'id: missing' });
});

test.each<[string, (file: string) => void]>([
  ['no file', () => undefined],
  ['no database', (file) => writeFileSync(file, 'something else entirely, and long enough to be looked at'.repeat(50))],
  ['an empty file', (file) => writeFileSync(file, '')],
])('%s is no index, and says what to do', async (_, make) => {
  const file = path.join(temporaryFolder(), 'index.sqlite');
  make(file);
  expect(() => openAdvisoryIndex(file)).toThrow(expect.objectContaining({ code: 'DATABASE_UNREADABLE' }));
});

test('a folder is indexed once, and again when a file changes', async () => {
  const folder = temporaryFolder();
  const cacheFolder = temporaryFolder();
  const file = path.join(folder, 'GHSA-1.json');
  writeFileSync(file, JSON.stringify(first));
  const open = async () => {
    using index = await openDirectoryDatabase({ folder, cacheFolder, signal });
    return [...(await index.lookup('npm', ['a', 'b'])).keys()];
  };
  expect(await open()).toEqual(['a']);
  const [name] = readdirSync(path.join(cacheFolder, 'advisory-index'));
  const built = path.join(cacheFolder, 'advisory-index', name!);
  const { ino } = statSync(built);
  expect(await open()).toEqual(['a']);
  expect(statSync(built).ino).toBe(ino);
  writeFileSync(file, JSON.stringify({ ...first, affected: second.affected }));
  utimesSync(file, new Date(0), new Date(1000));
  expect(await open()).toEqual(['b']);
});

test('a damaged index in the cache is built again', async () => {
  const folder = temporaryFolder();
  const cacheFolder = temporaryFolder();
  writeFileSync(path.join(folder, 'GHSA-1.json'), JSON.stringify(first));
  (await openDirectoryDatabase({ folder, cacheFolder, signal }))[Symbol.dispose]();
  const [name] = readdirSync(path.join(cacheFolder, 'advisory-index'));
  writeFileSync(path.join(cacheFolder, 'advisory-index', name!), 'damaged');
  using index = await openDirectoryDatabase({ folder, cacheFolder, signal });
  expect((await index.state()).records).toBe(1);
});

test('a cache that can not be written is no reason to fail', async () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'GHSA-1.json'), JSON.stringify(first));
  const cacheFolder = path.join(temporaryFolder(), 'file');
  writeFileSync(cacheFolder, '');
  using index = await openDirectoryDatabase({ folder, cacheFolder, signal });
  expect((await index.state()).records).toBe(1);
});

test('a damaged archive in the folder is an error, not a smaller database', async () => {
  const folder = temporaryFolder();
  const cacheFolder = temporaryFolder();
  mkdirSync(path.join(folder, 'npm'));
  const zip = makeZip([{ name: 'GHSA-1.json', bytes: Buffer.from(JSON.stringify(first)) }]);
  writeFileSync(path.join(folder, 'npm', 'all.zip'), zip.subarray(0, zip.length - 5));
  await expect(openDirectoryDatabase({ folder, cacheFolder, signal })).rejects.toMatchObject({
    code: 'FEED_UNREADABLE',
  });
  expect(
    existsSync(path.join(cacheFolder, 'advisory-index')) && readdirSync(path.join(cacheFolder, 'advisory-index')),
  ).toEqual([]);
});
