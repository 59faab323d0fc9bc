import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createEgress } from '../../../../adapters/egress/egress.ts';
import { listFeeds } from '../../../../adapters/osv/list-feeds.ts';
import { openFeed } from '../../../../adapters/osv/open-feed.ts';
import type { FeedState } from '../../../../domain/advisory/feed-state.ts';
import { unhurried } from '../../../patience.ts';
import { type Bucket, startBucket } from './bucket-server.ts';

const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00Z`;
const record = (id: string, modified: string) => ({ id, modified });
const npm = [record('GHSA-1', day(1)), record('GHSA-2', day(2)), record('GHSA-3', day(3))];

/** Brings a feed in; its ids, what to keep of it, and what was asked for. */
async function sync(bucket: Bucket, path: string, known?: FeedState) {
  const egress = createEgress({ configuredHosts: ['127.0.0.1'], allowPublicHosts: false, timeouts: unhurried });
  const before = bucket.asked.length;
  try {
    const opened = await openFeed(`${bucket.url}${path}`, known, { egress, signal: new AbortController().signal });
    const ids: string[] = [];
    if (opened.kind === 'changed')
      for await (const item of opened.items)
        ids.push(item.kind === 'record' ? item.record.id : `rejected: ${item.reason}`);
    const state = opened.kind === 'changed' ? opened.state() : opened.state;
    return { kind: opened.kind, ids, state, asked: bucket.asked.slice(before) };
  } finally {
    await egress.close();
  }
}

describe('a folder of the bucket', () => {
  test('is fetched whole once; then nothing, or what changed', async () => {
    await using bucket = await startBucket();
    bucket.publish('npm', npm);
    const first = await sync(bucket, '/npm/all.zip');
    expect(first).toMatchObject({ ids: ['GHSA-1', 'GHSA-2', 'GHSA-3'], state: { through: day(3) } });
    const second = await sync(bucket, '/npm', first.state);
    expect(second).toMatchObject({ kind: 'unchanged', asked: ['/npm/modified_id.csv 304'], state: first.state });
    bucket.publish('npm', [...npm, record('GHSA-1', day(5)), record('MAL-1', day(4))].slice(1));
    const third = await sync(bucket, '/npm/', second.state);
    // What has the very time of the last one is looked at again: another may have it too.
    expect(third.ids).toEqual(['GHSA-1', 'MAL-1', 'GHSA-3']);
    expect(third.asked.toSorted()).toEqual([
      ...['/npm/GHSA-1.json 200', '/npm/GHSA-3.json 200', '/npm/MAL-1.json 200', '/npm/modified_id.csv 200'],
    ]);
    expect(third.state.through).toBe(day(5));
    expect((await sync(bucket, '/npm', third.state)).kind).toBe('unchanged');
  });

  test('many changes, or a list that does not reach back, are the zip again', async () => {
    await using bucket = await startBucket();
    bucket.publish('npm', npm);
    const { state } = await sync(bucket, '/npm');
    const many = Array.from({ length: 600 }, (_, index) => record(`GHSA-m${index}`, day(9)));
    bucket.publish('npm', [...npm, ...many]);
    const again = await sync(bucket, '/npm', state);
    expect([again.ids.length, again.asked]).toEqual([603, ['/npm/modified_id.csv 200', '/npm/all.zip 200']]);
    bucket.put('/npm/modified_id.csv', `${day(10)},GHSA-3\n`);
    expect((await sync(bucket, '/npm', again.state)).asked).toContain('/npm/all.zip 200');
  });

  test('a zip that is older than its list: what it has not comes with the next sync', async () => {
    await using bucket = await startBucket();
    bucket.publish('npm', npm);
    bucket.put('/npm/modified_id.csv', `${day(4)},GHSA-4\n${day(3)},GHSA-3\n${day(2)},GHSA-2\n`);
    bucket.put('/npm/GHSA-4.json', JSON.stringify(record('GHSA-4', day(4))));
    const { state } = await sync(bucket, '/npm');
    expect(state.through).toBe(day(3));
    // The list has not changed since: it was read, and not all of what it names was there.
    const second = await sync(bucket, '/npm', state);
    expect(second.ids).toEqual(['GHSA-4', 'GHSA-3']);
    expect((await sync(bucket, '/npm', second.state)).asked).toEqual(['/npm/modified_id.csv 304']);
    bucket.put('/npm/modified_id.csv', `${day(5)},GHSA-4\n${day(3)},GHSA-3\n${day(2)},GHSA-2\n`);
    bucket.put('/npm/GHSA-4.json', JSON.stringify(record('GHSA-4', day(5))));
    expect((await sync(bucket, '/npm', state)).ids).toEqual(['GHSA-4', 'GHSA-3']);
  });

  // PYSEC-2025-19 was modified in 2027, by its own word.
  test('a record of a time that is yet to come keeps back nothing that changes until then', async () => {
    await using bucket = await startBucket();
    const ahead = record('GHSA-9', `${new Date().getUTCFullYear() + 1}-07-09T15:54:00Z`);
    bucket.publish('npm', [...npm, ahead]);
    const first = await sync(bucket, '/npm');
    expect(first).toMatchObject({ ids: ['GHSA-1', 'GHSA-2', 'GHSA-3', 'GHSA-9'], state: { through: day(3) } });
    bucket.publish('npm', [...npm, record('GHSA-4', day(4)), ahead]);
    const second = await sync(bucket, '/npm', first.state);
    expect(second).toMatchObject({ ids: ['GHSA-9', 'GHSA-4', 'GHSA-3'], state: { through: day(4) } });
    expect((await sync(bucket, '/npm', second.state)).kind).toBe('unchanged');
    // As an earlier version kept it: what came since is not known, though the list may be the same.
    const kept = { ...second.state, through: ahead.modified };
    const healed = await sync(bucket, '/npm', kept);
    expect([healed.ids.length, healed.asked, healed.state.through]).toEqual([
      ...[5, ['/npm/modified_id.csv 200', '/npm/all.zip 200'], day(4)],
    ]);
  });

  test('a feed of nothing but times to come is fetched whole each time', async () => {
    await using bucket = await startBucket();
    bucket.publish('npm', [record('GHSA-9', '9999-01-01T00:00:00Z')]);
    const { state } = await sync(bucket, '/npm');
    expect(state.through).toBeUndefined();
    bucket.publish('npm', [record('GHSA-9', '9999-01-01T00:00:00Z'), record('GHSA-8', '9998-01-01T00:00:00Z')]);
    expect((await sync(bucket, '/npm', state)).ids).toEqual(['GHSA-9', 'GHSA-8']);
  });

  test('without a list, and a zip by itself, go by the validators of the zip', async () => {
    await using bucket = await startBucket();
    bucket.publish('npm', npm);
    bucket.put('/npm/modified_id.csv', undefined);
    const first = await sync(bucket, '/npm');
    expect((await sync(bucket, '/npm', first.state)).asked).toEqual([
      ...['/npm/modified_id.csv 404', '/npm/all.zip 304'],
    ]);
    bucket.publish('npm', npm.slice(1));
    bucket.put('/npm/modified_id.csv', undefined);
    expect((await sync(bucket, '/npm', first.state)).ids).toEqual(['GHSA-2', 'GHSA-3']);
  });

  test('a record that is none by the schema is told, and keeps none of the others', async () => {
    await using bucket = await startBucket();
    bucket.publish('npm', npm);
    const { state } = await sync(bucket, '/npm');
    bucket.publish('npm', [...npm, record('GHSA-4', day(4))]);
    bucket.put('/npm/GHSA-4.json', '{"id":"GHSA-4"}');
    expect((await sync(bucket, '/npm', state)).ids).toEqual([expect.stringMatching(/^rejected: /), 'GHSA-3']);
  });
});

describe('an answer that is cut or lies is an error, and nothing comes of it', () => {
  const one = JSON.stringify(record('GHSA-4', day(4)));
  const lies: [string, string, (response: ServerResponse, content: Buffer) => void][] = [
    ['a list that is not sorted', '/npm/modified_id.csv', (r) => r.end(`${day(3)},GHSA-3\n${day(4)},GHSA-4\n`)],
    ['a list of something else', '/npm/modified_id.csv', (r) => r.end('<html>sign in</html>')],
    ['a list without an end to its line', '/npm/modified_id.csv', (r) => r.end('2'.repeat(2000))],
    ['ids that lead elsewhere', '/npm/modified_id.csv', (r) => r.end(`${day(4)},../../secret\n`)],
    ['"not modified" about another form', '/npm/modified_id.csv', (r) => r.writeHead(304, { etag: '"other"' }).end()],
    ['a server that fails', '/npm/modified_id.csv', (r) => r.writeHead(418).end()],
    ['a record that is not there', '/npm/GHSA-4.json', (r) => r.writeHead(404).end()],
    ['another record', '/npm/GHSA-4.json', (r) => r.end(JSON.stringify(record('GHSA-5', day(4))))],
    ['an older form of the record', '/npm/GHSA-4.json', (r) => r.end(JSON.stringify(record('GHSA-4', day(3))))],
    ['a record that breaks off', '/npm/GHSA-4.json', (r) => r.writeHead(200, { 'content-length': 999 }).end(one)],
    [
      'a record that is not what its hash says',
      '/npm/GHSA-4.json',
      (r) => r.writeHead(200, { 'x-goog-hash': 'md5=AAAAAAAAAAAAAAAAAAAAAA==' }).end(one),
    ],
    [
      'a record without end',
      '/npm/GHSA-4.json',
      (r) => void r.writeHead(200).write(Buffer.alloc(17 * 1024 * 1024, 0x20), () => r.end()),
    ],
    ['a record that never comes', '/npm/GHSA-4.json', (r) => void r.writeHead(200).write('{')],
  ];
  test.each(lies)('%s', async (_, path, lie) => {
    await using bucket = await startBucket();
    bucket.publish('npm', npm);
    const { state } = await sync(bucket, '/npm');
    bucket.publish('npm', [...npm, record('GHSA-4', day(4))]);
    bucket.lie(path, lie);
    await expect(sync(bucket, '/npm', state)).rejects.toMatchObject({ name: 'AdvisoryError' });
  });

  test.each<[string, (response: ServerResponse, content: Buffer) => void]>([
    ['a zip that breaks off', (r, zip) => r.writeHead(200, { 'content-length': zip.length }).end(zip.subarray(0, 60))],
    ['half a zip that says it is whole', (r, zip) => r.end(zip.subarray(0, 200))],
    ['a zip that nobody asked about, "not modified"', (r) => r.writeHead(304).end()],
  ])('%s', async (_, lie) => {
    await using bucket = await startBucket();
    bucket.publish('npm', npm);
    bucket.lie('/npm/all.zip', lie);
    await expect(sync(bucket, '/npm')).rejects.toMatchObject({ name: 'AdvisoryError' });
  });
});

test('a bucket stands for the ecosystems it names that are compared here', async () => {
  await using bucket = await startBucket();
  bucket.put('/osv/ecosystems.txt', 'Android\nDebian\nDebian:12\nRed Hat\nnpm\n');
  const egress = createEgress({ configuredHosts: ['127.0.0.1'], allowPublicHosts: false });
  const options = { egress, signal: new AbortController().signal };
  const at = (path: string) => `${bucket.url}${path}`;
  expect(await listFeeds(at('/osv/'), options)).toEqual(
    ['/osv/npm/all.zip', '/osv/Debian/all.zip', '/osv/Red%20Hat/all.zip'].map(at),
  );
  expect(await listFeeds(at('/osv/npm'), options)).toEqual([at('/osv/npm')]);
  expect(await listFeeds(at('/osv/npm/all.zip'), options)).toEqual([at('/osv/npm/all.zip')]);
  bucket.put('/osv/ecosystems.txt', 'Android\n');
  await expect(listFeeds(at('/osv'), options)).rejects.toMatchObject({ code: 'FEED_UNREADABLE' });
  await egress.close();
});
