/** The central directory of a zip file (APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16), with zip64. */
import type { FileHandle } from 'node:fs/promises';

/** One file of the archive, as the directory describes it. */
export interface ZipEntry {
  readonly name: string;
  /** 0: stored, 8: deflated; others exist. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc32: number;
  /** Bytes. */
  readonly packedSize: number;
  readonly size: number;
  /** Where the local header begins, in bytes from the start of the file. */
  readonly offset: number;
}

const SIGNATURE = { end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50, entry: 0x02014b50 } as const;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const ENTRY_BYTES = 46;
/** The end record may be followed by a comment of 64 KiB. */
const TAIL_BYTES = END_BYTES + 0xffff;
const ZIP64_TAG = 1;
const IN_ZIP64 = 0xffffffff;

interface Extent {
  readonly entries: number;
  readonly bytes: number;
  readonly offset: number;
}

/** Bytes of a file; throws where it ends before. */
export async function readExactly(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw new RangeError('the archive is cut short');
    filled += bytesRead;
  }
  return bytes;
}

const toNumber = (value: bigint) => {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError('a number of the archive is out of bounds');
  return Number(value);
};

async function findDirectory(file: FileHandle, fileSize: number): Promise<Extent> {
  const start = Math.max(0, fileSize - TAIL_BYTES);
  const tail = await readExactly(file, start, fileSize - start);
  let at = tail.length - END_BYTES;
  while (
    at >= 0 &&
    !(tail.readUInt32LE(at) === SIGNATURE.end && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length)
  )
    at--;
  if (at < 0) throw new RangeError('the archive has no end record');
  const locator = start + at - LOCATOR_BYTES;
  if (locator >= 0) {
    const bytes = await readExactly(file, locator, LOCATOR_BYTES);
    if (bytes.readUInt32LE(0) === SIGNATURE.locator64) return readEnd64(file, toNumber(bytes.readBigUInt64LE(8)));
  }
  return { entries: tail.readUInt16LE(at + 10), bytes: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
}

async function readEnd64(file: FileHandle, offset: number): Promise<Extent> {
  const end = await readExactly(file, offset, END64_BYTES);
  if (end.readUInt32LE(0) !== SIGNATURE.end64) throw new RangeError('the archive has no zip64 end record');
  const [entries, bytes, at] = [32, 40, 48].map((field) => toNumber(end.readBigUInt64LE(field)));
  return { entries: entries!, bytes: bytes!, offset: at! };
}

/** The zip64 extra field holds, in this order, what does not fit into 32 bits. */
function widen(extra: Buffer, values: readonly [size: number, packedSize: number, offset: number]): number[] {
  if (!values.includes(IN_ZIP64)) return [...values];
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP64_TAG) continue;
    let next = at + 4;
    return values.map((value) => {
      if (value !== IN_ZIP64) return value;
      next += 8;
      return toNumber(extra.readBigUInt64LE(next - 8));
    });
  }
  return [...values];
}

function readEntry(directory: Buffer, at: number): { readonly entry: ZipEntry; readonly end: number } {
  if (directory.readUInt32LE(at) !== SIGNATURE.entry) throw new RangeError('an entry of the archive is damaged');
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field));
  const nameEnd = at + ENTRY_BYTES + nameBytes!;
  const extraEnd = nameEnd + extraBytes!;
  if (extraEnd + commentBytes! > directory.length) throw new RangeError('an entry of the archive is cut short');
  const [size, packedSize, offset] = widen(directory.subarray(nameEnd, extraEnd), [
    directory.readUInt32LE(at + 24),
    directory.readUInt32LE(at + 20),
    directory.readUInt32LE(at + 42),
  ]);
  const entry = {
    name: directory.toString('utf8', at + ENTRY_BYTES, nameEnd),
    method: directory.readUInt16LE(at + 10),
    encrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
    crc32: directory.readUInt32LE(at + 16),
    packedSize: packedSize!,
    size: size!,
    offset: offset!,
  };
  return { entry, end: extraEnd + commentBytes! };
}

/**
 * The entries of an archive, in the order of the directory. Throws a RangeError where the archive is damaged or cut short,
 * or has more than `most` entries.
 */
export async function readZipDirectory(file: FileHandle, fileSize: number, most: number): Promise<readonly ZipEntry[]> {
  const extent = await findDirectory(file, fileSize);
  if (extent.offset + extent.bytes > fileSize) throw new RangeError('the archive is cut short');
  if (extent.entries > most || extent.bytes > fileSize) throw new RangeError(`more than ${most} entries`);
  const directory = await readExactly(file, extent.offset, extent.bytes);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (entries.length < extent.entries) {
    const { entry, end } = readEntry(directory, at);
    entries.push(entry);
    at = end;
  }
  return entries;
}
