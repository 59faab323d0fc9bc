/** The central directory of a zip file (PKWARE APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16), zip64 included. */
import { ArchiveError } from './archive-error.ts';

export interface ZipRecord {
  readonly name: string;
  readonly isEncrypted: boolean;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Where its local header begins in the bytes. */
  readonly at: number;
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_END = 0x06064b50;
const ZIP64_END_BYTES = 56;
const RECORD_SIGNATURE = 0x02014b50;
const RECORD_BYTES = 46;
export const LOCAL_SIGNATURE = 0x04034b50;
export const LOCAL_HEADER_BYTES = 30;
/** Of a digital signature, which may follow the records (4.3.13): a length of two bytes stands behind it. */
const DIGITAL_SIGNATURE = 0x05054b50;
const ZIP64_EXTRA = 1;
const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;
const COUNT_MODULUS = 65_536;
const UTF8_FLAG = 0x800;

/** Where an archive's directory is. */
export interface ZipDirectory {
  /** As the end record says; modulo 65,536 where a writer knows no zip64. */
  readonly count: number;
  /** Bytes from the start of the file. */
  readonly start: number;
  readonly end: number;
  /** Bytes before the archive, such as the shell script of an executable jar: offsets do not count them. */
  readonly prefix: number;
}

/** Of the end of a file: all that is needed to find its directory. */
export const ZIP_TAIL_BYTES = END_BYTES + MAX_COMMENT_BYTES + ZIP64_LOCATOR_BYTES + ZIP64_END_BYTES;

/**
 * The records of a file in memory, in the directory's order. Throws an ArchiveError; after the last record where an archive
 * stands before them: one that was cut off behind an archive inside of it ends with that one's directory.
 */
export function* zipRecords(bytes: Buffer): Generator<ZipRecord> {
  const directory = findZipDirectory(bytes, 0);
  yield* recordsIn(bytes.subarray(directory.start, directory.end), directory);
  if (directory.prefix > 0 && bytes.readUInt32LE(0) === LOCAL_SIGNATURE)
    throw new ArchiveError('ARCHIVE_CORRUPT', 'a damaged zip file: its directory is that of an archive inside of it');
}

/**
 * The same of a directory's own bytes: every record in them, however many the end record counts, since other readers see those
 * behind its count. Throws an ArchiveError after the last that can be read, where the count is another or something else follows.
 */
export function* recordsIn(bytes: Buffer, { count, prefix }: ZipDirectory): Generator<ZipRecord> {
  let at = 0;
  let read = 0;
  for (; at + RECORD_BYTES <= bytes.length && bytes.readUInt32LE(at) === RECORD_SIGNATURE; read += 1) {
    const nameEnd = at + RECORD_BYTES + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const next = extraEnd + bytes.readUInt16LE(at + 32);
    if (next > bytes.length) throw corrupt();
    const flags = bytes.readUInt16LE(at + 8);
    const name = bytes.toString((flags & UTF8_FLAG) === 0 ? 'latin1' : 'utf8', at + RECORD_BYTES, nameEnd);
    const sizes = recordSizes(bytes, at, nameEnd, extraEnd);
    yield {
      name: name.replaceAll('\\', '/'),
      isEncrypted: (flags & 1) !== 0,
      method: bytes.readUInt16LE(at + 10),
      crc32: bytes.readUInt32LE(at + 16),
      compressedSize: sizes.compressedSize,
      size: sizes.size,
      at: sizes.offset + prefix,
    };
    at = next;
  }
  if (read % COUNT_MODULUS !== count % COUNT_MODULUS || !isEndOfDirectory(bytes, at))
    throw new ArchiveError('ARCHIVE_CORRUPT', 'a damaged zip file: its directory is not what its end record says');
}

function isEndOfDirectory(bytes: Buffer, at: number): boolean {
  if (at === bytes.length) return true;
  return (
    at + 6 <= bytes.length &&
    bytes.readUInt32LE(at) === DIGITAL_SIGNATURE &&
    at + 6 + bytes.readUInt16LE(at + 4) === bytes.length
  );
}

/** What does not fit into 32 bits stands in an extra field, in this order, if its own place is all ones. */
function recordSizes(bytes: Buffer, at: number, extraStart: number, extraEnd: number) {
  let size = bytes.readUInt32LE(at + 24);
  let compressedSize = bytes.readUInt32LE(at + 20);
  let offset = bytes.readUInt32LE(at + 42);
  if (size !== MAX_32 && compressedSize !== MAX_32 && offset !== MAX_32) return { size, compressedSize, offset };
  for (let field = extraStart; field + 4 <= extraEnd; ) {
    const length = bytes.readUInt16LE(field + 2);
    if (field + 4 + length > extraEnd) throw corrupt();
    if (bytes.readUInt16LE(field) === ZIP64_EXTRA) {
      let place = field + 4;
      const take = (value: number): number => {
        if (value !== MAX_32) return value;
        if (place + 8 > field + 4 + length) throw corrupt();
        place += 8;
        return readUInt64(bytes, place - 8);
      };
      size = take(size);
      compressedSize = take(compressedSize);
      offset = take(offset);
      break;
    }
    field += 4 + length;
  }
  return { size, compressedSize, offset };
}

/** `tail` are the last bytes of a file, from `tailStart` on: ZIP_TAIL_BYTES of them, or all. Throws an ArchiveError. */
export function findZipDirectory(tail: Buffer, tailStart: number): ZipDirectory {
  const at = findEnd(tail);
  const count = tail.readUInt16LE(at + 10);
  const size = tail.readUInt32LE(at + 12);
  const offset = tail.readUInt32LE(at + 16);
  const locator = at - ZIP64_LOCATOR_BYTES;
  const needs64 = count === MAX_16 || size === MAX_32 || offset === MAX_32;
  if (needs64 && locator >= 0 && tail.readUInt32LE(locator) === ZIP64_LOCATOR)
    return findDirectory64(tail, tailStart, locator);
  return directoryAt({ count, size, offset, end: tailStart + at });
}

function findDirectory64(tail: Buffer, tailStart: number, locator: number): ZipDirectory {
  // Behind a prefix the stated place is too low: the record stands right before its locator, unless it is extended.
  const stated = readUInt64(tail, locator + 8) - tailStart;
  const at = isZip64End(tail, stated) ? stated : locator - ZIP64_END_BYTES;
  if (!isZip64End(tail, at)) throw corrupt();
  return directoryAt({
    count: readUInt64(tail, at + 32),
    size: readUInt64(tail, at + 40),
    offset: readUInt64(tail, at + 48),
    end: tailStart + at,
  });
}

function isZip64End(bytes: Buffer, at: number): boolean {
  return at >= 0 && at + ZIP64_END_BYTES <= bytes.length && bytes.readUInt32LE(at) === ZIP64_END;
}

function directoryAt({ count, size, offset, end }: { count: number; size: number; offset: number; end: number }) {
  const start = end - size;
  const prefix = start - offset;
  if (start < 0 || prefix < 0) throw corrupt();
  return { count, start, end, prefix };
}

/** The last end record whose comment reaches to the end of the file. */
function findEnd(bytes: Buffer): number {
  const lowest = Math.max(0, bytes.length - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = bytes.length - END_BYTES; at >= lowest; at -= 1)
    if (bytes.readUInt32LE(at) === END_SIGNATURE && at + END_BYTES + bytes.readUInt16LE(at + 20) === bytes.length)
      return at;
  throw corrupt();
}

function readUInt64(bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw corrupt();
  return value;
}

function corrupt(): ArchiveError {
  return new ArchiveError('ARCHIVE_CORRUPT', 'not a zip file, or a damaged one');
}
