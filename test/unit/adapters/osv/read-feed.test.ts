import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createEgress } from '../../../../adapters/egress/egress.ts';
import type { FeedItem } from '../../../../adapters/osv/feed.ts';
import { openFeedParts } from '../../../../adapters/osv/read-feed.ts';
import { temporaryFolders } from './feed-folder.ts';
import { makeZip } from './make-zip.ts';

const temporaryFolder = temporaryFolders();
const json = (id: string) => Buffer.from(JSON.stringify({ id, modified: '2024-01-01T00:00:00Z' }));
const zip = (...ids: string[]) => makeZip(ids.map((id) => ({ name: `${id}.json`, bytes: json(id) })));

function counting(bytes: Buffer, count: number): Buffer {
  bytes.writeUInt16LE(count, bytes.length - 12);
  return bytes;
}

async function read(from: string): Promise<FeedItem[]> {
  const egress = createEgress({ configuredHosts: ['127.0.0.1'], allowPublicHosts: false });
  try {
    const items: FeedItem[] = [];
    for (const part of await openFeedParts(from, { egress, signal: new AbortController().signal })) {
      const opened = await part.open(undefined);
      if (opened.kind === 'changed') for await (const item of opened.items) items.push(item);
    }
    return items;
  } finally {
    await egress.close();
  }
}
const idsOf = (items: readonly FeedItem[]) =>
  items.map((item) => (item.kind === 'record' ? item.record.id : item.reason));

function folderWith(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), bytes);
  }
  return folder;
}

describe('on disk', () => {
  test('a folder of records, nested, in a stable order; other files are not looked at', async () => {
    const folder = folderWith({
      'b/GHSA-2.json': json('GHSA-2'),
      'a/GHSA-1.json': json('GHSA-1'),
      'README.md': json('no'),
    });
    expect(idsOf(await read(folder))).toEqual(['GHSA-1', 'GHSA-2']);
  });

  test("OSV's own layout, and one zip", async () => {
    const folder = folderWith({ 'npm/all.zip': zip('GHSA-1', 'MAL-1'), 'PyPI/all.zip': zip('PYSEC-1') });
    expect(idsOf(await read(folder))).toEqual(['PYSEC-1', 'GHSA-1', 'MAL-1']);
    expect(idsOf(await read(path.join(folder, 'npm/all.zip')))).toEqual(['GHSA-1', 'MAL-1']);
  });

  test('a record that can not be read is an item with its place, and stops nothing', async () => {
    const folder = folderWith({
      'all.zip': makeZip([
        { name: 'GHSA-1.json', bytes: Buffer.from('{"id":') },
        { name: 'GHSA-2.json', bytes: Buffer.from([0x22, 0xff, 0x22]) },
        { name: 'GHSA-3.json', bytes: Buffer.from('{}') },
        { name: 'index.csv', bytes: Buffer.from('a,b') },
        { name: 'GHSA-4.json', bytes: json('GHSA-4') },
      ]),
    });
    expect(await read(folder)).toEqual([
      { kind: 'rejected', place: `${folder}/all.zip!GHSA-1.json`, reason: 'not a JSON document in UTF-8' },
      { kind: 'rejected', place: `${folder}/all.zip!GHSA-2.json`, reason: 'not a JSON document in UTF-8' },
      { kind: 'rejected', place: `${folder}/all.zip!GHSA-3.json`, reason: expect.stringMatching(/^id: /) },
      expect.objectContaining({ kind: 'record' }),
    ]);
  });

  const one = zip('GHSA-1', 'GHSA-2');
  test.each<[string, Uint8Array]>([
    ['a truncated zip', one.subarray(0, one.length - 40)],
    ['no zip at all', Buffer.from('not a zip')],
    ['an empty file', Buffer.alloc(0)],
    ['a wrong checksum', makeZip([{ name: 'GHSA-1.json', bytes: json('GHSA-1'), claimedChecksum: 1 }])],
    ['an entry longer than it says', makeZip([{ name: 'GHSA-1.json', bytes: json('GHSA-1'), claimedSize: 10 }])],
    ['a directory that counts fewer records than it has', counting(zip('GHSA-1', 'GHSA-2', 'GHSA-3'), 1)],
    ['a directory that counts more', counting(zip('GHSA-1', 'GHSA-2', 'GHSA-3'), 4)],
    ['a byte changed inside', Buffer.from(one).fill(0xff, 45, 60)],
  ])('%s ends the feed with an error', async (_, bytes) => {
    await expect(read(path.join(folderWith({ 'all.zip': bytes }), 'all.zip'))).rejects.toMatchObject({
      name: 'AdvisoryError',
      code: 'FEED_UNREADABLE',
    });
  });

  test('an entry that claims to be huge is rejected without being unpacked', async () => {
    const bytes = makeZip([{ name: 'GHSA-1.json', bytes: json('GHSA-1'), claimedSize: 1024 ** 3 }]);
    expect(await read(folderWith({ 'all.zip': bytes }))).toEqual([
      expect.objectContaining({ kind: 'rejected', reason: expect.stringContaining('larger than') }),
    ]);
  });

  test.each(['nothing-there', '.'])('%s: no feed there', async (name) => {
    await expect(read(path.join(temporaryFolder(), name))).rejects.toMatchObject({ code: 'FEED_NOT_FOUND' });
  });

  test('folders without end', async () => {
    const deep = path.join(temporaryFolder(), ...'abcdefghij');
    mkdirSync(deep, { recursive: true });
    await expect(read(path.resolve(deep, '../../../../../../../../../..'))).rejects.toMatchObject({
      code: 'FEED_TOO_LARGE',
    });
  });
});

describe('by address', () => {
  async function serve<T>(
    answers: Readonly<Record<string, Uint8Array>>,
    act: (base: string) => Promise<T>,
  ): Promise<T> {
    const server = createServer((request, response) => {
      const bytes = answers[request.url ?? ''];
      if (bytes === undefined) response.writeHead(404).end('no such feed');
      else response.writeHead(200).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      return await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  test('a zip is fetched whole, then read', () =>
    serve({ '/npm/all.zip': zip('GHSA-1', 'MAL-1') }, async (base) => {
      expect(idsOf(await read(`${base}/npm/all.zip`))).toEqual(['GHSA-1', 'MAL-1']);
    }));

  test('what is not there, and what is no zip, says so', () =>
    serve({ '/page.zip': Buffer.from('<html>') }, async (base) => {
      await expect(read(`${base}/npm/all.zip`)).rejects.toMatchObject({
        code: 'FEED_NOT_FOUND',
        message: expect.stringContaining('404'),
      });
      await expect(read(`${base}/page.zip`)).rejects.toMatchObject({ code: 'FEED_UNREADABLE' });
    }));

  test.each([
    ['the metadata service', 'http://169.254.169.254/latest/meta-data/'],
    ['a private network', 'https://10.0.0.1/all.zip'],
    ['a file', 'file:///etc/passwd'],
  ])('an address that leads to %s is not followed', async (_name, location) => {
    const server = createServer((_request, response) => response.writeHead(302, { location }).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/all.zip`;
    await expect(read(address)).rejects.toMatchObject({
      code: 'FEED_NOT_FOUND',
      message: expect.not.stringContaining('root:'),
    });
    server.close();
    server.closeAllConnections();
  });

  test('an error shows no credentials of the address', async () => {
    const failure = await read('http://ann:hunter2@127.0.0.1:9/all.zip?signature=hunter2').catch(
      (error: Error) => error,
    );
    expect(failure).toMatchObject({ code: 'FEED_NOT_FOUND' });
    expect(String(failure)).not.toContain('hunter2');
  });
});
