import { randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { type ArchiveLimits, defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { type ReadTarOptions, readTar, type TarReading } from '../../../../adapters/archive/read-tar.ts';
import type { TarVisitor } from '../../../../adapters/archive/visit-entry.ts';
import { findOnPath } from '../../../../infra/dev/fetch/find-on-path.ts';
import { digestOf } from '../../../images.ts';

const igzip = findOnPath('igzip');
const ignore = (): void => undefined;
/** Wants nothing. */
const deaf: TarVisitor = {
  wants: () => undefined,
  file: ignore,
  unreadable: ignore,
  rooted: ignore,
  link: ignore,
  directory: ignore,
  whiteout: ignore,
  opaque: ignore,
  other: () => undefined,
};

interface Told {
  files: Record<string, string>;
  events: string[];
}

type TarEntry = Partial<Header> & { name: string; content?: string };

async function tarOf(...entries: TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry({ mtime: new Date(0), ...header }, content ?? '');
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function* inChunks(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(
  bytes: Uint8Array,
  { compression = 'none' as 'none' | 'gzip' | 'zstd', limits = {} as Partial<ArchiveLimits>, max = 1000 } = {},
): Promise<Told & TarReading> {
  const told: Told = { files: {}, events: [] };
  const reading = await readTar(
    inChunks(bytes),
    { compression, limits: { ...defaultLimits, ...limits } },
    {
      wants: (path) => (path.endsWith('.txt') ? max : undefined),
      file(path, content) {
        told.files[path] = new TextDecoder().decode(content);
      },
      rooted: (path) => void told.events.push(`rooted ${path}`),
      unreadable: (path, reason) => void told.events.push(`unreadable ${path}: ${reason}`),
      link: (path, target, kind) => void told.events.push(`${kind} link ${path} -> ${target}`),
      directory: (path) => void told.events.push(`directory ${path}`),
      whiteout: (path) => void told.events.push(`whiteout ${path}`),
      opaque: (path) => void told.events.push(`opaque ${path}`),
      other: () => undefined,
    },
  );
  return { ...told, ...reading };
}

const small = await tarOf(
  { name: './a.txt', content: 'hello' },
  { name: 'b.bin', content: 'x'.repeat(5000) },
  { name: 'c/d.txt', content: 'bye' },
);

describe('an archive', () => {
  test.each([
    ['none', small],
    ['gzip', gzipSync(small)],
    ['zstd', zstdCompressSync(small)],
  ] as const)('%s: the wanted files, and the digest of all that was unpacked', async (compression, bytes) => {
    const { files, diffId, ended } = await read(bytes, { compression });
    expect(files).toEqual({ 'a.txt': 'hello', 'c/d.txt': 'bye' });
    expect(diffId).toBe(digestOf(small));
    expect(ended).toBe(true);
  });

  test('whiteouts and links are told, not followed', async () => {
    const { events } = await read(
      await tarOf(
        { name: 'a/.wh.gone' },
        { name: 'b/.wh..wh..opq' },
        { name: '.wh..wh..opq' },
        { name: '.wh..wh.plnk', type: 'directory' },
        { name: 'c/l.txt', type: 'symlink', linkname: '../../../etc/passwd' },
        { name: 'c/abs.txt', type: 'symlink', linkname: '/d/e.txt' },
        { name: 'h.txt', type: 'link', linkname: './c/x.txt' },
        { name: 'dev.txt', type: 'fifo' },
        { name: 'other', type: 'symlink', linkname: 'elsewhere' },
      ),
    );
    expect(events).toEqual([
      'whiteout a/gone',
      'opaque b',
      'opaque ',
      'symbolic link c/l.txt -> etc/passwd',
      'symbolic link c/abs.txt -> d/e.txt',
      'hard link h.txt -> c/x.txt',
      'unreadable dev.txt: an entry of type fifo',
      'symbolic link other -> elsewhere',
    ]);
  });

  test('a wanted file over its limit is told, and the next one read', async () => {
    const { files, events } = await read(small, { max: 4 });
    expect(files).toEqual({ 'c/d.txt': 'bye' });
    expect(events).toEqual(['unreadable a.txt: 5 bytes: at most 4 are read']);
  });

  test('a path that begins at the root is one below it, and climbs no further', async () => {
    const { files } = await read(await tarOf({ name: '/etc/a.txt', content: '1' }, { name: '//b.txt', content: '2' }));
    expect(files).toEqual({ 'etc/a.txt': '1', 'b.txt': '2' });
    const climbing = await tarOf({ name: '/etc/../../a.txt', content: '1' });
    await expect(read(climbing)).rejects.toMatchObject({ code: 'ARCHIVE_HOSTILE_PATH' });
  });

  test('the later of two entries of one name counts', async () => {
    const { files } = await read(await tarOf({ name: 'a.txt', content: '1' }, { name: './a.txt', content: '2' }));
    expect(files).toEqual({ 'a.txt': '2' });
  });
});

describe('hostile and broken archives', async () => {
  const zeros = gzipSync(Buffer.alloc(4_000_000));
  const many = await tarOf(...Array.from({ length: 20 }, (_, index) => ({ name: `f${index}` })));

  test.each<[string, Uint8Array, Parameters<typeof read>[1], string]>([
    ['a path that climbs out', await tarOf({ name: 'a/../../b.txt', content: 'x' }), {}, 'ARCHIVE_HOSTILE_PATH'],
    [
      'a hard link that climbs out',
      await tarOf({ name: 'a.txt', type: 'link', linkname: '../x' }),
      {},
      'ARCHIVE_HOSTILE_PATH',
    ],
    [
      'a path of 64 KiB',
      await tarOf({ name: 'a'.repeat(65_536), pax: { path: 'a'.repeat(65_536) } }),
      {},
      'ARCHIVE_HOSTILE_PATH',
    ],
    ['too many entries', many, { limits: { maxEntries: 10 } }, 'ARCHIVE_TOO_MANY_ENTRIES'],
    ['a bomb by size', zeros, { compression: 'gzip', limits: { maxExpandedBytes: 1_000_000 } }, 'ARCHIVE_BOMB'],
    ['a bomb by ratio', zeros, { compression: 'gzip', limits: { ratioFloorBytes: 100_000 } }, 'ARCHIVE_BOMB'],
    ['gzip cut off', gzipSync(small).subarray(0, -10), { compression: 'gzip' }, 'ARCHIVE_TRUNCATED'],
    ['zstd cut off', zstdCompressSync(small).subarray(0, -10), { compression: 'zstd' }, 'ARCHIVE_TRUNCATED'],
    ['no bytes at all, called gzip', new Uint8Array(), { compression: 'gzip' }, 'ARCHIVE_TRUNCATED'],
    ['tar cut inside a file', small.subarray(0, 3000), {}, 'ARCHIVE_TRUNCATED'],
    ['tar cut inside a wanted file', small.subarray(0, 514), {}, 'ARCHIVE_TRUNCATED'],
    ['tar cut inside a header', small.subarray(0, 300), {}, 'ARCHIVE_TRUNCATED'],
    ['something else', Buffer.alloc(2048, 'not a tar archive '), {}, 'ARCHIVE_CORRUPT'],
    ['not gzip', small, { compression: 'gzip' }, 'ARCHIVE_CORRUPT'],
    ['not zstd', small, { compression: 'zstd' }, 'ARCHIVE_CORRUPT'],
    ['a damaged header', Buffer.from(small).fill(7, 100, 110), {}, 'ARCHIVE_CORRUPT'],
  ])('%s: %#', async (_name, bytes, options, code) => {
    await expect(read(bytes, options)).rejects.toMatchObject({ name: 'ArchiveError', code });
  });

  test('a tar that stops between two entries lacks its end', async () => {
    expect((await read(small.subarray(0, 1024))).ended).toBe(false);
  });

  test('what the source throws is thrown as it is', async () => {
    const failing = (async function* () {
      yield small.subarray(0, 700);
      throw new RangeError('gone');
    })();
    const reading = readTar(failing, { compression: 'none', limits: defaultLimits }, deaf);
    await expect(reading).rejects.toThrow(RangeError);
  });

  test('an abort ends the reading with its reason', async () => {
    const controller = new AbortController();
    const endless = (async function* () {
      for (;;) yield new Uint8Array(512);
    })();
    let chunks = 0;
    const onProgress = (): void => {
      chunks += 1;
      if (chunks === 100) controller.abort(new Error('enough'));
    };
    const reading = readTar(
      endless,
      { compression: 'none', limits: defaultLimits, signal: controller.signal, onProgress },
      deaf,
    );
    await expect(reading).rejects.toThrow('enough');
  });
});

const beside: readonly (readonly [string, Pick<ReadTarOptions, 'isLarge' | 'hashesApart' | 'igzip'>])[] = [
  ['on a thread', { isLarge: true }],
  ['on a thread, hashed on another', { isLarge: true, hashesApart: true }],
  ...(igzip === undefined ? [] : [['by igzip', { isLarge: true, igzip }] as const]),
];

describe.each(beside)('a large archive, undone %s', async (_way, options) => {
  const reading = { compression: 'gzip', limits: defaultLimits, ...options } as const;
  const read = async (bytes: Uint8Array): Promise<TarReading> => readTar(inChunks(bytes, 70_000), reading, deaf);
  const large = await tarOf({ name: 'a.bin', content: randomBytes(300_000).toString('base64') });

  test('one member or several are what zlib makes of them', async () => {
    const halves = Buffer.concat([gzipSync(large.subarray(0, 100_000)), gzipSync(large.subarray(100_000))]);
    for (const bytes of [gzipSync(large), halves]) {
      const { diffId, ended } = await read(bytes);
      expect({ diffId, ended }).toEqual({ diffId: digestOf(large), ended: true });
    }
  });

  test('more than is kept between the threads, from memory that is used again for every chunk', async () => {
    const many = await tarOf({ name: 'a.bin', content: randomBytes(9_000_000).toString('base64') });
    const packed = gzipSync(many, { level: 1 });
    const lent = async function* (): AsyncGenerator<Uint8Array> {
      const memory = Buffer.alloc(64 * 1024);
      for (let at = 0; at < packed.length; at += memory.length) {
        yield memory.subarray(0, packed.copy(memory, 0, at, at + memory.length));
        memory.fill(0);
      }
    };
    for (const isLarge of [true, false])
      expect((await readTar(lent(), { ...reading, isLarge }, deaf)).diffId).toBe(digestOf(many));
  });

  test.each([
    ['cut off', gzipSync(large).subarray(0, -100_000)],
    ['no gzip', large],
    ['nothing', new Uint8Array()],
    ['another checksum', withSum(gzipSync(large))],
  ])('%s: an error', async (_name, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ name: 'ArchiveError' });
  });

  test('a bomb is stopped, and what the source throws is thrown', async () => {
    const bomb = readTar(
      inChunks(gzipSync(Buffer.alloc(50_000_000))),
      { ...reading, limits: { ...defaultLimits, maxExpandedBytes: 1_000_000 } },
      deaf,
    );
    await expect(bomb).rejects.toMatchObject({ code: 'ARCHIVE_BOMB' });
    const refusing = {
      ...deaf,
      other: () => ({
        data: () => {
          throw new RangeError('no more');
        },
        end: ignore,
      }),
    };
    await expect(readTar(inChunks(gzipSync(large)), reading, refusing)).rejects.toThrow('no more');
    const failing = (async function* () {
      yield gzipSync(large).subarray(0, 100_000);
      throw new RangeError('gone');
    })();
    await expect(readTar(failing, reading, deaf)).rejects.toThrow(RangeError);
  });
});

describe('a thread that unpacks', async () => {
  const outcome = async (bytes: Uint8Array, chunk: number, options: Partial<ReadTarOptions>): Promise<unknown> =>
    readTar(inChunks(bytes, chunk), { compression: 'gzip', limits: defaultLimits, ...options }, deaf).catch(
      ({ name, code }: { name: string; code: string }) => ({ name, code }),
    );
  const tar = await tarOf({ name: 'a.bin', content: randomBytes(200_000).toString('base64') });
  const packed = gzipSync(tar);
  const zeros = Buffer.alloc(1000);

  const frame = zstdCompressSync(tar.subarray(0, 100_000));
  const frames = Buffer.concat([frame, zstdCompressSync(tar.subarray(100_000))]);
  const damaged = { name: 'ArchiveError', code: 'ARCHIVE_CORRUPT' };
  const short = { name: 'ArchiveError', code: 'ARCHIVE_TRUNCATED' };
  const whole = { diffId: digestOf(tar), ended: true };

  test.each<[string, Uint8Array, unknown]>([
    ['zeros behind the end', Buffer.concat([packed, zeros]), whole],
    ['zeros and another member', Buffer.concat([packed, zeros, packed]), whole],
    ['something else behind the end', Buffer.concat([packed, Buffer.from('else')]), damaged],
    ['an empty member first', Buffer.concat([gzipSync(''), packed]), whole],
    ['nothing but an empty member', gzipSync(''), { diffId: digestOf(new Uint8Array()), ended: false }],
    ['cut in the header', packed.subarray(0, 5), short],
    ['cut in the checksum', packed.subarray(0, -3), short],
    ['a byte changed in the middle', Buffer.from(packed).fill(0xff, 100_000, 100_001), damaged],
  ])('gzip, %s: as the stream of node:zlib has it, in chunks of any size', async (_name, bytes, expected) => {
    for (const chunk of [bytes.length, 65_536, 4099])
      for (const isLarge of [true, false])
        expect(await outcome(bytes, chunk, { compression: 'gzip', isLarge })).toEqual(expected);
  });

  test.each<[string, Uint8Array, unknown]>([
    ['several frames', frames, whole],
    ['a frame that is cut off', frames.subarray(0, -1000), short],
    ['an empty frame at the end', Buffer.concat([frames, zstdCompressSync('')]), whole],
    [
      'a frame that is skipped',
      Buffer.concat([Buffer.from('502a4d1804000000', 'hex'), zeros.subarray(0, 4), frames]),
      whole,
    ],
    ['something else behind the end', Buffer.concat([frames, zeros]), damaged],
    ['no zstd', tar, damaged],
  ])('zstd, %s, in chunks of any size', async (_name, bytes, expected) => {
    for (const chunk of [bytes.length, 65_536, 4099])
      expect(await outcome(bytes, chunk, { compression: 'zstd' })).toEqual(expected);
  });

  test('is ended by the signal, also while a source gives nothing', async () => {
    const controller = new AbortController();
    let isAsked = false;
    const silent = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          isAsked = true;
          controller.abort(new Error('enough'));
          return new Promise<never>(() => undefined);
        },
      }),
    };
    await expect(
      readTar(silent, { compression: 'gzip', isLarge: true, limits: defaultLimits, signal: controller.signal }, deaf),
    ).rejects.toThrow('enough');
    expect(isAsked).toBe(true);
  });

  test('lets go of the source where no more is wanted', async () => {
    const closed = Promise.withResolvers<void>();
    const endless = (async function* () {
      try {
        yield packed.subarray(0, 10_000);
        for (;;) yield randomBytes(10_000);
      } finally {
        closed.resolve();
      }
    })();
    await expect(
      readTar(endless, { compression: 'gzip', isLarge: true, limits: defaultLimits }, deaf),
    ).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    await closed.promise;
  });
});

/** The CRC-32 of a gzip member is its last eight bytes' first half. */
function withSum(bytes: Buffer): Buffer {
  return Buffer.from(bytes).fill(7, bytes.length - 8, bytes.length - 4);
}
