import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { AdvisoryError } from './advisory-error.ts';
import { decodeRecord } from './decode-record.ts';
import { type FeedItem, feedLimits } from './feed.ts';
import { readExactly, readZipDirectory, type ZipEntry } from './zip-directory.ts';

/** Read at once: records are small, and a read for each of tens of thousands costs more than all the rest. */
const WINDOW_BYTES = 4 * 1024 * 1024;
const LOCAL_HEADER_BYTES = 30;
const LOCAL_SIGNATURE = 0x04034b50;
/** Of a name and extra field in a local header, whose lengths the directory does not tell. */
const SLACK_BYTES = 4096;

/** A part of the file in memory, moved forward as entries are asked for. */
class Window {
  private readonly file: FileHandle;
  private readonly fileSize: number;
  private start = 0;
  private bytes: Buffer = Buffer.alloc(0);

  constructor(file: FileHandle, fileSize: number) {
    this.file = file;
    this.fileSize = fileSize;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (offset < this.start || offset + length > this.start + this.bytes.length) {
      if (offset + length > this.fileSize) throw new RangeError('the archive is cut short');
      this.bytes = await readExactly(
        this.file,
        offset,
        Math.min(Math.max(length, WINDOW_BYTES), this.fileSize - offset),
      );
      this.start = offset;
    }
    return this.bytes.subarray(offset - this.start, offset - this.start + length);
  }

  /** As `read`, or as much as the file has. */
  upTo(offset: number, length: number): Promise<Buffer> {
    return this.read(offset, Math.min(length, this.fileSize - offset));
  }
}

async function readPacked(window: Window, entry: ZipEntry): Promise<Buffer> {
  // One piece for most entries: header, name and data.
  const piece = await window.upTo(entry.offset, LOCAL_HEADER_BYTES + SLACK_BYTES + entry.packedSize);
  if (piece.length < LOCAL_HEADER_BYTES || piece.readUInt32LE(0) !== LOCAL_SIGNATURE)
    throw new RangeError(`${entry.name}: no local header`);
  const start = LOCAL_HEADER_BYTES + piece.readUInt16LE(26) + piece.readUInt16LE(28);
  if (start + entry.packedSize <= piece.length) return piece.subarray(start, start + entry.packedSize);
  return window.read(entry.offset + start, entry.packedSize);
}

function unpack(entry: ZipEntry, packed: Buffer): Uint8Array {
  switch (entry.method) {
    case 0:
      return packed;
    case 8: {
      const chunkSize = Math.min(Math.max(entry.size, 64), feedLimits.recordBytes);
      return inflateRawSync(packed, { maxOutputLength: Math.max(entry.size, 1), chunkSize });
    }
    default:
      throw new RangeError(`${entry.name}: compression method ${entry.method}`);
  }
}

async function readEntry(window: Window, entry: ZipEntry): Promise<Uint8Array> {
  if (entry.encrypted) throw new RangeError(`${entry.name}: encrypted`);
  const bytes = unpack(entry, await readPacked(window, entry));
  if (bytes.length !== entry.size || crc32(bytes) !== entry.crc32)
    throw new RangeError(`${entry.name}: wrong checksum`);
  return bytes;
}

async function* readEntries(file: string, handle: FileHandle): AsyncGenerator<FeedItem> {
  const { size } = await handle.stat();
  const entries = await readZipDirectory(handle, size, feedLimits.records).catch((cause: unknown) => {
    throw new AdvisoryError('FEED_UNREADABLE', `${file}: not a complete zip archive; fetch it again`, { cause });
  });
  const window = new Window(handle, size);
  let total = 0;
  for (const entry of entries) {
    if (!entry.name.endsWith('.json')) continue;
    const place = `${file}!${path.posix.basename(entry.name)}`;
    if (Math.max(entry.size, entry.packedSize) > feedLimits.recordBytes) {
      yield { kind: 'rejected', place, reason: `larger than ${feedLimits.recordBytes} bytes` };
      continue;
    }
    total += entry.size;
    if (total > feedLimits.totalBytes)
      throw new AdvisoryError('FEED_TOO_LARGE', `${file}: more than ${feedLimits.totalBytes} bytes of records`);
    yield decodeRecord(place, await readEntry(window, entry));
  }
}

/**
 * Every `.json` of a zip file, as OSV publishes one per ecosystem. Throws an AdvisoryError where the archive itself is
 * damaged: a truncated feed must not pass for a small one.
 */
export async function* readZipFeed(file: string): AsyncGenerator<FeedItem> {
  const handle = await open(file);
  try {
    yield* readEntries(file, handle);
  } catch (cause) {
    if (cause instanceof AdvisoryError) throw cause;
    throw new AdvisoryError('FEED_UNREADABLE', `${file}: damaged zip archive; fetch it again`, { cause });
  } finally {
    await handle.close();
  }
}
