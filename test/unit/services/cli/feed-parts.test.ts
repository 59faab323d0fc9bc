import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAdvisoryIndex } from '../../../../adapters/osv/advisory-index.ts';
import { syncToCache } from '../../../../services/cli/feed-parts.ts';
import type { CliIo } from '../../../../services/cli/io.ts';
import { syncedIndexFile } from '../../../../services/cli/open-advisories.ts';
import { startBucket } from '../../adapters/osv/bucket-server.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'pratique-feed-parts-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

const ioAt = (day: number) =>
  ({
    ...{ cwd: '/', env: { PRATIQUE_CACHE_DIR: cache }, signal: new AbortController().signal },
    now: () => new Date(Date.UTC(2026, 1, day)),
  }) as unknown as CliIo;
const record = (id: string, day: number) => ({
  id,
  modified: `2026-01-0${day}T00:00:00Z`,
  affected: [{ package: { ecosystem: 'npm', name: 'x' }, versions: ['1.0.0'] }],
});

async function stateOf(io: CliIo) {
  using index = openAdvisoryIndex(syncedIndexFile(io));
  const { records, syncedAt, digest } = await index.state();
  return { records, syncedAt, digest, epochs: index.epochs(10).length };
}

test('the index goes on where it was: no epoch for nothing new, but it is as of then', async () => {
  await using bucket = await startBucket();
  bucket.put('/ecosystems.txt', 'npm\nPyPI\n');
  bucket.publish('npm', [record('GHSA-1', 1), record('GHSA-2', 2)]);
  bucket.publish('PyPI', [record('PYSEC-1', 1)]);
  expect(await syncToCache(bucket.url, ioAt(1))).toMatchObject({ added: 3, notModified: 0 });
  const first = await stateOf(ioAt(1));
  expect(first).toMatchObject({ records: 3, epochs: 2 });
  expect(await syncToCache(bucket.url, ioAt(2))).toMatchObject({ added: 0, notModified: 2 });
  expect(await stateOf(ioAt(2))).toEqual({ ...first, syncedAt: '2026-02-02T00:00:00.000Z' });
  bucket.publish('npm', [record('GHSA-1', 1), record('GHSA-2', 3), record('MAL-1', 4)]);
  expect(await syncToCache(bucket.url, ioAt(3))).toMatchObject({ added: 1, updated: 1, notModified: 1 });
  expect(bucket.asked.filter((line) => line === '/npm/all.zip 200')).toHaveLength(1);
});

test('a feed that lies keeps none of the others, and leaves what is in force of its own', async () => {
  await using bucket = await startBucket();
  bucket.put('/ecosystems.txt', 'npm\nPyPI\n');
  bucket.publish('npm', [record('GHSA-1', 1)]);
  bucket.publish('PyPI', [record('PYSEC-1', 1)]);
  await syncToCache(bucket.url, ioAt(1));
  bucket.publish('npm', [record('GHSA-1', 1), record('GHSA-2', 2)]);
  bucket.publish('PyPI', [record('PYSEC-1', 1), record('PYSEC-2', 2)]);
  bucket.lie('/npm/GHSA-2.json', (response) => response.end(JSON.stringify(record('GHSA-9', 2))));
  await expect(syncToCache(bucket.url, ioAt(2))).rejects.toMatchObject({ code: 'FEED_UNREADABLE' });
  using index = openAdvisoryIndex(syncedIndexFile(ioAt(2)));
  const found = await index.lookup('npm', ['x']);
  expect(
    found
      .get('x')
      ?.map(({ id }) => id)
      .toSorted(),
  ).toEqual(['GHSA-1', 'PYSEC-1', 'PYSEC-2']);
});
