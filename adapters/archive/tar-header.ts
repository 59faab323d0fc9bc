/** One 512-byte header block of a tar archive: POSIX.1-1988 ustar, GNU's and the older V7 format. */
import { ArchiveError } from './archive-error.ts';

export const BLOCK_BYTES = 512;

export type TarEntryType =
  | 'file'
  | 'hard-link'
  | 'symbolic-link'
  | 'character-device'
  | 'block-device'
  | 'directory'
  | 'fifo'
  | 'sparse-file' // GNU's old form, type S
  | 'long-name' // GNU's type L: the next entry's path is its content
  | 'long-link' // GNU's type K: the same for what the next entry links to
  | 'extended-header' // pax, for the next entry
  | 'global-header' // pax, for all entries to come
  | 'unknown';

export interface TarHeader {
  readonly name: string;
  readonly linkname: string;
  readonly type: TarEntryType;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content that follow in the archive; 0 for what has none. */
  readonly size: number;
}

const types: Readonly<Record<string, TarEntryType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hard-link',
  '2': 'symbolic-link',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  S: 'sparse-file',
  L: 'long-name',
  K: 'long-link',
  x: 'extended-header',
  X: 'extended-header',
  g: 'global-header',
};

const CHECKSUM_AT = 148;
const TYPE_AT = 156;
const MAGIC_AT = 257;
const SPACE = 0x20;

/** Throws an ArchiveError (ARCHIVE_CORRUPT). `at` is where the block begins in `bytes`. */
export function parseTarHeader(bytes: Buffer, at: number): TarHeader {
  checkSum(bytes, at);
  const flag = String.fromCharCode(bytes[at + TYPE_AT] ?? 0);
  const size = tarNumber(bytes, at + 124, 12);
  const own = tarText(bytes, at, 100);
  const prefix = isUstar(bytes, at) ? tarText(bytes, at + 345, 155) : '';
  const name = prefix === '' ? own : `${prefix}/${own}`;
  const known = types[flag] ?? 'unknown';
  // V7 knew no directories: "old archives" mark them by a slash.
  const type = known === 'file' && size === 0 && name.endsWith('/') ? 'directory' : known;
  return {
    name,
    linkname: type === 'hard-link' || type === 'symbolic-link' ? tarText(bytes, at + 157, 100) : '',
    type,
    mode: tarNumber(bytes, at + 100, 8),
    uid: tarNumber(bytes, at + 108, 8),
    gid: tarNumber(bytes, at + 116, 8),
    size: isHeaderOnly(type) ? 0 : size,
  };
}

/** Go's reader, which is what unpacks images, takes no content behind these, whatever their size field says. */
export function isHeaderOnly(type: TarEntryType): boolean {
  switch (type) {
    case 'hard-link':
    case 'symbolic-link':
    case 'character-device':
    case 'block-device':
    case 'directory':
    case 'fifo':
      return true;
    case 'file':
    case 'sparse-file':
    case 'long-name':
    case 'long-link':
    case 'extended-header':
    case 'global-header':
    case 'unknown':
      return false;
  }
}

export function isZeroBlock(bytes: Buffer, at: number): boolean {
  for (let index = at; index < at + BLOCK_BYTES; index += 1) if (bytes[index] !== 0) return false;
  return true;
}

/** An octal field, or base 256 where its first bit is set. Throws an ArchiveError where it is no size of this world. */
export function tarNumber(bytes: Buffer, at: number, length: number): number {
  const first = bytes[at] ?? 0;
  if ((first & 0x80) !== 0) return binaryNumber(bytes, at, length);
  let value = 0;
  let digits = 0;
  for (let index = at; index < at + length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === 0 || byte === SPACE) {
      if (digits === 0) continue;
      break;
    }
    if (byte < 0x30 || byte > 0x37) throw corrupt('a header field that is no number');
    value = value * 8 + (byte - 0x30);
    digits += 1;
  }
  return value;
}

function binaryNumber(bytes: Buffer, at: number, length: number): number {
  if (((bytes[at] ?? 0) & 0x40) !== 0) throw corrupt('a header field below zero');
  let value = (bytes[at] ?? 0) & 0x3f;
  for (let index = at + 1; index < at + length; index += 1) {
    value = value * 256 + (bytes[index] ?? 0);
    if (value > Number.MAX_SAFE_INTEGER) throw corrupt('a header field beyond any size');
  }
  return value;
}

/** Up to the first NUL; UTF-8 where it is not plain ASCII. */
export function tarText(bytes: Buffer, at: number, length: number): string {
  let end = at;
  let isAscii = true;
  for (const limit = at + length; end < limit; end += 1) {
    const byte = bytes[end] ?? 0;
    if (byte === 0) break;
    if (byte > 0x7f) isAscii = false;
  }
  if (end === at) return '';
  return isAscii ? bytes.toString('latin1', at, end) : bytes.toString('utf8', at, end);
}

/** GNU's magic is `ustar  `; what stands in the prefix's place means other things there. */
function isUstar(bytes: Buffer, at: number): boolean {
  return bytes[at + MAGIC_AT + 5] === 0 && bytes.toString('latin1', at + MAGIC_AT, at + MAGIC_AT + 5) === 'ustar';
}

/** A header's copy, so that it can be summed word by word: this is what reading a tar of small files costs most. */
const words = new Int32Array(BLOCK_BYTES / 4);
const copied = Buffer.from(words.buffer);

/** Some writers summed signed bytes: both are taken, as other readers do. The checksum's own bytes count as spaces. */
function checkSum(bytes: Buffer, at: number): void {
  bytes.copy(copied, 0, at, at + BLOCK_BYTES);
  copied.fill(SPACE, CHECKSUM_AT, CHECKSUM_AT + 8);
  // Two sums of 256 bytes each in one number: 256 times 255 is less than 65,536.
  let sums = 0;
  for (let index = 0; index < BLOCK_BYTES / 4; index += 1) {
    const word = words[index] ?? 0;
    sums += (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff);
  }
  const unsigned = (sums & 0xffff) + Math.floor(sums / 0x10000);
  const said = tarNumber(bytes, at + CHECKSUM_AT, 8);
  if (said !== unsigned && said !== unsigned - 256 * countHigh()) throw corrupt('a header with another checksum');
}

function countHigh(): number {
  let high = 0;
  for (const byte of copied) if (byte > 0x7f) high += 1;
  return high;
}

function corrupt(what: string): ArchiveError {
  return new ArchiveError('ARCHIVE_CORRUPT', `not a tar archive, or a damaged one: ${what}`);
}
