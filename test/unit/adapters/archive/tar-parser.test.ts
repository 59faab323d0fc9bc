import { execFileSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { extract, type Header, pack } from 'tar-stream';
import { afterAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { TarParser } from '../../../../adapters/archive/tar-parser.ts';
import { digestOf } from '../../../images.ts';

interface Read {
  name: string;
  linkname: string;
  type: string;
  mode: number;
  content: string;
}

/** All entries of an archive, given in chunks of these sizes, again and again. */
function parse(bytes: Buffer, chunkSizes: readonly number[] = [bytes.length], limits = defaultLimits): Read[] {
  const entries: Read[] = [];
  const parser = new TarParser(({ name, linkname, type, mode, size }) => {
    const chunks: Buffer[] = [];
    const read = { name, linkname, type, mode, content: '' };
    entries.push(read);
    return {
      data: (chunk) => chunks.push(Buffer.from(chunk)) > 0,
      end() {
        read.content = Buffer.concat(chunks).toString('latin1');
        expect(read.content.length).toBe(size);
      },
    };
  }, limits);
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = Math.max(1, chunkSizes[index % chunkSizes.length] ?? 1);
    parser.write(bytes.subarray(at, at + size));
    at += size;
  }
  parser.end();
  return entries;
}

async function byTarStream(bytes: Buffer): Promise<Read[]> {
  const entries: Read[] = [];
  const parser = extract();
  parser.end(bytes);
  for await (const entry of parser) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, linkname, type, mode } = entry.header;
    const content = Buffer.concat(chunks).toString('latin1');
    entries.push({
      name,
      linkname: linkname ?? '',
      type: names[type ?? 'file'] ?? type ?? '',
      mode: mode ?? 0,
      content,
    });
  }
  return entries;
}

const names: Readonly<Record<string, string>> = {
  link: 'hard-link',
  symlink: 'symbolic-link',
  'contiguous-file': 'file',
};

async function packed(entries: readonly (Partial<Header> & { name: string; content?: string })[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry({ mtime: new Date(0), ...header }, content ?? '');
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,12}(?:\/[a-z]{1,40}){0,4}$/),
  fc.stringMatching(/^[a-zäé]{90,120}(?:\/[a-zé]{60,99}){0,2}$/),
);
const entry = fc.oneof(
  fc.record({
    name,
    mode: fc.integer({ min: 0, max: 0o777 }),
    content: fc.string({ maxLength: 2000, unit: 'binary-ascii' }),
  }),
  fc.record({
    name,
    type: fc.constantFrom('symlink' as const, 'link' as const),
    linkname: name,
    mode: fc.constant(0o777),
  }),
  fc.record({ name, type: fc.constant('directory' as const), mode: fc.constant(0o755) }),
);

test('what tar-stream packs is read as tar-stream reads it, in chunks of any size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 }),
      async (entries, chunkSizes) => {
        const bytes = await packed(entries);
        expect(parse(bytes, chunkSizes)).toEqual(await byTarStream(bytes));
      },
    ),
    { numRuns: 100 },
  );
});

describe('what GNU tar writes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pratique-tar-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const tree = path.join(folder, 'tree');
  const deep = 'd'.repeat(60);
  mkdirSync(path.join(tree, deep, deep), { recursive: true });
  const files: Record<string, string> = {
    'plain.txt': 'hello',
    empty: '',
    block: 'x'.repeat(512),
    [`${deep}/${deep}/long-${'n'.repeat(90)}`]: 'y'.repeat(5000),
    ünïcode: 'z',
  };
  for (const [at, content] of Object.entries(files)) writeFileSync(path.join(tree, at), content, { mode: 0o644 });
  symlinkSync('plain.txt', path.join(tree, 'soft'));
  linkSync(path.join(tree, 'plain.txt'), path.join(tree, 'z-hard'));
  // Holes between, before and behind what is there; more of them than one header has room for.
  const sparse = path.join(tree, 'sparse');
  const handle = openSync(sparse, 'w');
  for (let index = 0; index < 40; index += 1) writeSync(handle, `part ${index}`, 200_000 * (index + 1));
  closeSync(handle);
  truncateSync(sparse, 9_000_000);
  files.sparse = readFileSync(sparse, 'latin1');
  const tar = (...options: string[]): Buffer =>
    execFileSync('tar', ['--sort=name', ...options, '-cf', '-', '-C', tree, '.'], { maxBuffer: 64 * 1024 * 1024 });

  test.each([
    ['gnu', ['--format=gnu', '--sparse']],
    ['oldgnu', ['--format=oldgnu', '--sparse']],
    ['gnu without holes', ['--format=gnu']],
    ['pax', ['--format=pax']],
    ['pax, sparse 0.0', ['--format=pax', '--sparse', '--sparse-version=0.0']],
    ['pax, sparse 0.1', ['--format=pax', '--sparse', '--sparse-version=0.1']],
    ['pax, sparse 1.0', ['--format=pax', '--sparse', '--sparse-version=1.0']],
    ['ustar', ['--format=ustar']],
    ['v7', ['--format=v7', `--exclude=./${deep}`]],
  ])('%s', (format, options) => {
    const bytes = tar(...options);
    for (const chunkSizes of [[bytes.length], [65_536], [511, 1, 1000]]) {
      const read = parse(bytes, chunkSizes);
      const regular = read.filter(({ type }) => type === 'file');
      const expected = Object.entries(files).filter(([at]) => format !== 'v7' || !at.startsWith(deep));
      expect(
        Object.fromEntries(regular.map((one) => [one.name.slice(2), digestOf(Buffer.from(one.content, 'latin1'))])),
      ).toEqual(Object.fromEntries(expected.map(([at, content]) => [at, digestOf(Buffer.from(content, 'latin1'))])));
      expect(read.find(({ type }) => type === 'symbolic-link')).toMatchObject({
        name: './soft',
        linkname: 'plain.txt',
      });
      expect(read.find(({ type }) => type === 'hard-link')).toMatchObject({
        name: './z-hard',
        linkname: './plain.txt',
      });
    }
  });
});

/** A header with fields as given, and its checksum put right. */
function header(fields: Record<number, string>, size = 0, type = '0'): Buffer {
  const block = Buffer.alloc(512);
  block.write('a.txt', 0);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write(type, 156);
  block.write('ustar\0', 257, 'latin1');
  for (const [at, text] of Object.entries(fields)) block.write(text, Number(at), 'latin1');
  block.write('        ', 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function withContent(block: Buffer, content: string): Buffer {
  const filled = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  filled.write(content, 'latin1');
  return Buffer.concat([block, filled]);
}

function pax(...records: string[]): string {
  return records
    .map((record) => {
      let length = record.length + 3;
      while (`${length} ${record}\n`.length !== length) length += 1;
      return `${length} ${record}\n`;
    })
    .join('');
}

const END = Buffer.alloc(1024);

test.each([
  [
    'a size in base 256',
    Buffer.concat([withContent(header({ 124: '\x80\0\0\0\0\0\0\0\0\0\0\x03' }), 'abc'), END]),
    'abc',
  ],
  ['numbers that begin with blanks', Buffer.concat([withContent(header({ 124: '         3 \0' }), 'abc'), END]), 'abc'],
  ['a link’s size counts for nothing, as for Go', Buffer.concat([header({}, 512, '2'), END]), ''],
  ['what follows the end is not read', Buffer.concat([END, header({}, 5)]), undefined],
  ['no end at all', withContent(header({}, 3), 'abc'), 'abc'],
])('%s', (_name, bytes, content) => {
  expect(parse(bytes)[0]?.content).toBe(content);
});

test.each([
  ['an entry behind a lone block of zeros', Buffer.concat([Buffer.alloc(512), header({})]), 'ARCHIVE_CORRUPT'],
  ['a size below zero', header({ 124: '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' }), 'ARCHIVE_CORRUPT'],
  ['a size beyond 2^53', header({ 124: '\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' }), 'ARCHIVE_CORRUPT'],
  ['a size that is no number', header({ 124: 'abc' }), 'ARCHIVE_CORRUPT'],
  ['an extended header of 1 GiB', header({}, 1024 ** 3, 'x'), 'ARCHIVE_BOMB'],
  ['a path of 1 GiB', header({}, 1024 ** 3, 'L'), 'ARCHIVE_BOMB'],
  ['a record longer than its header', withContent(header({}, 20, 'x'), '99 path=x\n'), 'ARCHIVE_CORRUPT'],
  ['a record without a length', withContent(header({}, 7, 'x'), 'path=x\n'), 'ARCHIVE_CORRUPT'],
  [
    'a size in a record that is no number',
    Buffer.concat([withContent(header({}, 10, 'x'), pax('size=-1')), header({})]),
    'ARCHIVE_CORRUPT',
  ],
  [
    'a NUL in a path',
    Buffer.concat([withContent(header({}, 12, 'x'), pax('path=a\0b')), header({})]),
    'ARCHIVE_CORRUPT',
  ],
  ['a path for all entries', withContent(header({}, 10, 'g'), pax('path=b')), 'ARCHIVE_CORRUPT'],
  ['an extended header and no entry', withContent(header({}, 10, 'x'), pax('path=b')), 'ARCHIVE_TRUNCATED'],
  [
    'holes that overlap',
    Buffer.concat([
      withContent(header({}, 64, 'x'), pax('GNU.sparse.map=0,5,3,5', 'GNU.sparse.size=10').padEnd(64, '\0')),
      withContent(header({}, 10), '0123456789'),
    ]),
    'ARCHIVE_CORRUPT',
  ],
  [
    'a map of holes without end',
    Buffer.concat([
      withContent(header({}, 24, 'x'), pax('GNU.sparse.major=1').padEnd(24, '\0')),
      header({}, 8 * 1024 ** 2),
      Buffer.alloc(2 * 1024 ** 2, '1'),
    ]),
    'ARCHIVE_CORRUPT',
  ],
  [
    'extended headers only',
    Buffer.concat(Array.from({ length: 50 }, () => withContent(header({}, 10, 'x'), pax('path=b')))),
    'ARCHIVE_TOO_MANY_ENTRIES',
  ],
])('refused: %s', (_name, bytes, code) => {
  expect(() => parse(bytes, [bytes.length], { ...defaultLimits, maxEntries: 20 })).toThrow(
    expect.objectContaining({ name: 'ArchiveError', code }),
  );
});

test('any bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 512, maxLength: 3000 }), fc.nat(511), fc.boolean(), (noise, at, hasSum) => {
      const bytes = Buffer.concat([header({}, 700), Buffer.from(noise), END]);
      noise.subarray(0, 8).forEach((byte, index) => {
        bytes[Math.min(511, at + index)] = byte;
      });
      if (hasSum) {
        bytes.write('        ', 148);
        bytes.write(
          `${bytes
            .subarray(0, 512)
            .reduce((total, byte) => total + byte, 0)
            .toString(8)
            .padStart(6, '0')}\0 `,
          148,
        );
      }
      try {
        parse(bytes);
      } catch (error) {
        expect(error).toMatchObject({ name: 'ArchiveError' });
      }
    }),
  );
});
