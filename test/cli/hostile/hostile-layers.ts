/** Layers made to crash, to hang, to take all memory, or to look clean; a row each, with what is said of it. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { dotnetBundle } from '../../fixtures/catalog/dotnet-bundle.ts';
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
} from '../../unit/adapters/sbom/hostile-parts.ts';
import type { HostileLayer } from './serve-image.ts';

export interface HostileRow {
  readonly name: string;
  readonly layer: HostileLayer;
  /** `path: reason` of what can not be read; absent where all of it is to be read after all. */
  readonly unknown?: RegExp;
  /** Told, and nothing is missing for it. */
  readonly isNoted?: boolean;
  /** Nothing is found at all; else the good file's package is. */
  readonly findsNothing?: true;
  /** Read as an archive on disk, where more kinds of files are read than in layers. */
  readonly onDisk?: true;
}

const DIGEST = `sha256:${'12'.repeat(32)}`;
/** Ten million headers: nobody reads to their end. */
const ENTRIES = 10_000_000;
const AT_ONCE = 1000;
const LINKS = 50_000;
const blank = header('', '0\0');

/** The same read from a file on disk. */
async function onDisk(name: string, unknown: RegExp, ...entries: Entry[]): Promise<HostileRow> {
  return { ...(await whole(name, unknown, ...entries)), onDisk: true };
}

async function whole(name: string, unknown: RegExp | undefined, ...entries: Entry[]): Promise<HostileRow> {
  const bytes = await tarOf(...entries, good);
  return { name, layer: { bytes: () => [bytes] }, ...(unknown === undefined ? {} : { unknown }) };
}

const lock = (name: string, text: string | Uint8Array): Entry => ({ name, content: text });
const withoutEnd = (await tarOf(good)).subarray(0, 1024);
const plain = await tarOf(good, { name: 'b.bin', content: Buffer.alloc(3000) });

/** A layer of which only the beginning is good. */
function cut(name: string, unknown: RegExp, ...blocks: Buffer[]): HostileRow {
  const bytes = Buffer.concat([withoutEnd, ...blocks]);
  return { name, layer: { bytes: () => [bytes] }, unknown };
}

/** Ten million entries, each with a path of its own; made as they are read. */
function entries(name: string, unknown: RegExp, path: (index: number) => string): HostileRow {
  const bytes = function* (): Generator<Uint8Array> {
    yield withoutEnd;
    for (let from = 0; from < ENTRIES; from += AT_ONCE) {
      const headers = Buffer.alloc(AT_ONCE * blank.length, blank);
      for (let index = 0; index < AT_ONCE; index += 1) nameHeader(headers, index * blank.length, path(from + index));
      yield headers;
    }
  };
  return { name, layer: { bytes, said: { digest: DIGEST, size: ENTRIES * blank.length } }, unknown };
}

/** Packages in folders of their own, each with a file that says so. */
function packages(name: string, unknown: RegExp): HostileRow {
  const bytes = function* (): Generator<Uint8Array> {
    yield withoutEnd;
    for (let index = 0; index < ENTRIES; index += 1) {
      const block = Buffer.alloc(512);
      const length = block.write(`{"name":"p${index}","version":"1.0.0"}`);
      yield Buffer.concat([header(`node_modules/p${index}/package.json`, `${length.toString(8)}\0`), block]);
    }
  };
  return { name, layer: { bytes, said: { digest: DIGEST, size: ENTRIES * 1024 } }, unknown };
}

/** Names an empty file's header, without summing all of it again. */
function nameHeader(headers: Buffer, at: number, name: string): void {
  let sum = Number.parseInt(blank.toString('latin1', 148, 154), 8);
  const length = headers.write(name, at, 'latin1');
  for (let index = at; index < at + length; index += 1) sum += headers[index] ?? 0;
  headers.write(sum.toString(8).padStart(6, '0'), at + 148, 'latin1');
}

/** Links, each with a path of its own and a target that are as long as they may be. */
function links(name: string, unknown: RegExp | undefined): HostileRow {
  const bytes = function* (): Generator<Uint8Array> {
    yield withoutEnd;
    for (let index = 0; index < LINKS; index += 1) yield longLink(String(index).padStart(4000, 'a/'));
    yield END;
  };
  return { name, layer: { bytes }, ...(unknown === undefined ? {} : { unknown }) };
}

/** A symbolic link with its names in a PAX header before it (pax(1)). */
function longLink(path: string): Buffer {
  const record = (key: string): string => `${path.length + key.length + 7} ${key}=${path}\n`;
  const text = Buffer.from(record('path') + record('linkpath'));
  const padded = Buffer.alloc(Math.ceil(text.length / 512) * 512);
  text.copy(padded);
  return Buffer.concat([header('p', `${text.length.toString(8)}\0`, 'x'), padded, header('x', '0\0', '2')]);
}

/** A lockfile of `mebibytes`, of one piece of text again and again, in a layer that is made as it is read. */
function longLockfile(name: string, mebibytes: number, piece: string, unknown: RegExp): HostileRow {
  const chunk = Buffer.alloc(MEBIBYTE, piece);
  const bytes = function* (): Generator<Uint8Array> {
    yield withoutEnd;
    yield header('package-lock.json', `${(mebibytes * MEBIBYTE).toString(8).padStart(11, '0')}\0`);
    for (let sent = 0; sent < mebibytes; sent += 1) yield chunk;
    yield END;
  };
  return { name, layer: { bytes }, unknown };
}

function bomb(name: string, compression: 'gzip' | 'zstd', unknown: RegExp): HostileRow {
  const zeros = Buffer.alloc(64 * MEBIBYTE);
  const member = compression === 'gzip' ? gzipSync(zeros) : zstdCompressSync(zeros);
  const bytes = (): Uint8Array[] => Array.from({ length: 64 }, () => member);
  return { name, layer: { bytes, compression }, unknown, findsNothing: true };
}

/** Aliases of aliases: a few lines that stand for a billion. */
const laughs = [
  'lockfileVersion: "9.0"',
  'a0: &a0 [x,x,x,x,x,x,x,x,x]',
  ...Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`),
].join('\n');

function smallPackages(count: number): string {
  const packages = Array.from(
    { length: count },
    (_, index) => `"node_modules/p${index}":{"version":"1.0.${index % 10}"}`,
  );
  return `{"lockfileVersion":3,"name":"x","packages":{"":{"name":"x"},${packages.join()}}}`;
}

export const hostileLayers: readonly HostileRow[] = [
  {
    name: 'truncated: fewer bytes than its descriptor says',
    layer: { bytes: () => [plain.subarray(0, 2048)], said: { digest: DIGEST, size: plain.length } },
    unknown: /^\/: layer sha256:12.*ended after 2048 of/,
    findsNothing: true,
  },
  {
    name: 'truncated: a tar that ends inside a file',
    layer: { bytes: () => [plain.subarray(0, 3000)] },
    unknown: /^\/: layer .*ends in the middle/,
  },
  {
    name: 'truncated: gzip',
    layer: { bytes: () => [gzipSync(plain).subarray(0, -20)], compression: 'gzip', unpacked: plain },
    unknown: /^\/: layer .*ends in the middle/,
  },
  {
    name: 'another digest than the manifest says',
    layer: { bytes: () => [plain], said: { digest: DIGEST, size: plain.length } },
    unknown: /^\/: layer .*other bytes than its digest says/,
    findsNothing: true,
  },
  {
    name: 'another diff-id than the configuration says',
    layer: { bytes: () => [gzipSync(plain)], compression: 'gzip', said: { diffId: DIGEST } },
    unknown: /^\/: layer .*unpacks to sha256:/,
  },
  bomb('a gzip bomb', 'gzip', /^\/: layer .*expands more than 400 times/),
  bomb('a zstd bomb', 'zstd', /^\/: layer .*expands more than 400 times/),
  cut(
    'a tar bomb: a file of 8 GiB that is not there',
    /^\/: layer .*ends in the middle/,
    header('big', '77777777777\0'),
  ),
  entries('10 million whiteouts', /^\/: layer .*more than 120000 files to keep/, (index) => `w/.wh.${index}`),
  cut('a path with ".."', /climbs out with "\.\."/, header('a/../../etc/passwd', '0\0'), END),
  { ...cut('an absolute path', /whose path is absolute/, header('/etc/passwd', '0\0'), END), isNoted: true },
  await whole('a path of 64 KiB', /has 65536 characters/, good, { name: 'x', pax: { path: 'p'.repeat(65_536) } }),
  await whole('a link out of the tree', /^\/package-lock\.json: a link to \/etc\/shadow/, {
    name: 'package-lock.json',
    type: 'symlink',
    linkname: '../../../etc/shadow',
  }),
  await whole('a hard link out of the tree', /climbs out/, good, { name: 'x', type: 'link', linkname: '../../x' }),
  await whole('a link through which dpkg reaches what nobody looks for', /^\/var\/lib\/dpkg: a link to \/opt\/dpkg/, {
    name: 'var/lib/dpkg',
    type: 'symlink',
    linkname: '/opt/dpkg',
  }),
  await whole(
    'a link loop',
    /package-lock\.json: a link to/,
    { name: 'a/package-lock.json', type: 'symlink', linkname: '../b/package-lock.json' },
    { name: 'b/package-lock.json', type: 'symlink', linkname: '../a/package-lock.json' },
  ),
  {
    ...(await whole('duplicate entries: the later holds', /left\/package\.json: an entry whose path was there before/, {
      ...good,
      content: '{"name": "left", "version": "0.0.1"}',
    })),
    isNoted: true,
  },
  await whole('a sparse file of 1 TiB', /^\/package-lock\.json: 1099511627776 bytes: at most/, {
    name: 'package-lock.json',
    pax: { 'GNU.sparse.map': '', 'GNU.sparse.size': String(1024 ** 4) },
  }),
  cut(
    'a PAX bomb: an extended header of 1 GiB',
    /an extended header of 1073741824 bytes/,
    header('x', '10000000000\0', 'x'),
  ),
  await whole('a zip with overlapping entries', /^\/lib\/x\.jar: .*entries that overlap/, {
    name: 'lib/x.jar',
    content: overlappingZip(),
  }),
  await whole('a zip that says it unpacks to less', /^\/lib\/x\.jar: .*can not be unpacked/, {
    name: 'lib/x.jar',
    content: lyingZip(),
  }),
  await whole('jars nested 100 deep', /^\/lib\/x\.jar!\/inner\.jar.*nested more than 5 deep/, {
    name: 'lib/x.jar',
    content: nestedJars(100),
  }),
  longLockfile('a JSON lockfile of 32 MiB, of empty lists that do not end', 32, '[', /^\/package-lock\.json: /),
  await whole(
    'a JSON lockfile of 30 MiB, all of it empty objects',
    /^\/package-lock\.json: npm-lockfile: JSON of more than/,
    lock('package-lock.json', `{"lockfileVersion":3,"packages":[${'{},'.repeat(1e7)}{}]}`),
  ),
  await whole(
    'a deep JSON lockfile',
    /^\/package-lock\.json: /,
    lock('package-lock.json', `{"lockfileVersion":3,"packages":${'{"a":'.repeat(1e6)}1${'}'.repeat(1e6)}}`),
  ),
  await onDisk(
    'deep YAML',
    /^pnpm-lock\.yaml: /,
    lock('pnpm-lock.yaml', `lockfileVersion: "9.0"\npackages: ${'['.repeat(1e6)}${']'.repeat(1e6)}\n`),
  ),
  await onDisk('YAML with aliases of aliases', /^pnpm-lock\.yaml: /, lock('pnpm-lock.yaml', laughs)),
  await whole(
    'invalid UTF-8',
    /^\/package-lock\.json: /,
    lock('package-lock.json', Buffer.from('7b226c6f636b66696c6556657273696f6e223a332c22ff22', 'hex')),
  ),
  await whole(
    'numbers as names',
    /^\/package-lock\.json: /,
    lock(
      'package-lock.json',
      '{"lockfileVersion":3,"name":5,"packages":{"":{"name":7},"node_modules/9":{"name":9,"version":1}}}',
    ),
  ),
  await whole(
    'BOM and CRLF are read',
    undefined,
    lock('app/node_modules/crlf/package.json', '\uFEFF{\r\n"name": "crlf",\r\n"version": "1.0.0"\r\n}\r\n'),
  ),
  await whole('an ELF with lying offsets', /^\/usr\/bin\/x: rust-binary: an ELF file with headers cut short/, {
    name: 'usr/bin/x',
    mode: 0o755,
    content: lyingElf(1n << 40n, 40),
  }),
  await whole('a Go program whose build information lies', /^\/usr\/bin\/x: go-binary: build information that can/, {
    name: 'usr/bin/x',
    mode: 0o755,
    content: lyingElf(0n, 0),
  }),
  await whole('a .NET program in a single file whose deps.json lies elsewhere', /^\/usr\/bin\/net: dotnet-bundle: /, {
    name: 'usr/bin/net',
    mode: 0o755,
    content: dotnetBundle({ size: 1 << 30 }),
  }),
  await whole(
    'SQLite, corrupted',
    /^\/var\/lib\/rpm\/rpmdb\.sqlite: /,
    lock('var/lib/rpm/rpmdb.sqlite', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8192, 0xa5)])),
  ),
];

/** Those that take many seconds to make and to read: `npm run bench:hostile`. */
export const heavyLayers: readonly HostileRow[] = [
  links('50,000 links with paths of 4,000 characters', undefined),
  entries('10 million entries', /^\/: layer .*more than 2000000 entries/, (index) => `usr/share/doc/${index}`),
  entries('10 million executables', /^\/: layer .*more than 2000000 entries/, (index) => `usr/bin/${index}`),
  packages('10 million packages', /^\/: layer .*more than 120000 files to keep/),
  entries(
    '10 million packages that say nothing',
    /^\/: layer .*more than 10000 files that can not be read/,
    (index) => `node_modules/p${index}/package.json`,
  ),
  longLockfile(
    'a JSON lockfile of 1 GiB',
    1024,
    '{"name":"left"},',
    /^\/package-lock\.json: 1073741824 bytes: at most/,
  ),
  await whole(
    'a JSON lockfile of 30 MiB, of the smallest packages there are',
    /^\/package-lock\.json: /,
    lock('package-lock.json', smallPackages(450_000)),
  ),
];
