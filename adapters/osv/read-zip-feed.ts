import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { unpackZipEntry } from '../archive/read-zip.ts';
import {
  findZipDirectory,
  LOCAL_HEADER_BYTES,
  LOCAL_SIGNATURE,
  recordsIn,
  ZIP_TAIL_BYTES,
  type ZipRecord,
} from '../archive/zip-directory.ts';
import { AdvisoryError } from './advisory-error.ts';
import { decodeRecord } from './decode-record.ts';
import { type FeedItem, feedLimits } from './feed.ts';

/** Read at once: records are small, and a read for each of tens of thousands costs more than all the rest. */
const WINDOW_BYTES = 4 * 1024 * 1024;
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

async function readPacked(window: Window, entry: ZipRecord): Promise<Buffer> {
  // One piece for most entries: header, name and data.
  const piece = await window.upTo(entry.at, LOCAL_HEADER_BYTES + SLACK_BYTES + entry.compressedSize);
  if (piece.length < LOCAL_HEADER_BYTES || piece.readUInt32LE(0) !== LOCAL_SIGNATURE)
    throw new RangeError(`${entry.name}: no local header`);
  const start = LOCAL_HEADER_BYTES + piece.readUInt16LE(26) + piece.readUInt16LE(28);
  if (start + entry.compressedSize <= piece.length) return piece.subarray(start, start + entry.compressedSize);
  return window.read(entry.at + start, entry.compressedSize);
}

/** Throws an ArchiveError where the archive is damaged, and a RangeError where it has more entries than a feed. */
async function readDirectory(handle: FileHandle, size: number): Promise<Iterable<ZipRecord>> {
  const tailStart = Math.max(0, size - ZIP_TAIL_BYTES);
  const directory = findZipDirectory(await readExactly(handle, tailStart, size - tailStart), tailStart);
  const bytes = await readExactly(handle, directory.start, directory.end - directory.start);
  const records: ZipRecord[] = [];
  for (const record of recordsIn(bytes, directory)) {
    if (records.length === feedLimits.records) throw new RangeError(`more than ${feedLimits.records} entries`);
    records.push(record);
  }
  return records;
}

/** Bytes of a file; throws where it ends before. */
async function readExactly(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw new RangeError('the archive is cut short');
    filled += bytesRead;
  }
  return bytes;
}

async function* readEntries(file: string, handle: FileHandle): AsyncGenerator<FeedItem> {
  const { size } = await handle.stat();
  const entries = await readDirectory(handle, size).catch((cause: unknown) => {
    throw new AdvisoryError('FEED_UNREADABLE', `${file}: not a complete zip archive; fetch it again`, { cause });
  });
  const window = new Window(handle, size);
  let total = 0;
  for (const entry of entries) {
    if (!entry.name.endsWith('.json')) continue;
    const place = `${file}!${path.posix.basename(entry.name)}`;
    if (Math.max(entry.size, entry.compressedSize) > feedLimits.recordBytes) {
      yield { kind: 'rejected', place, reason: `larger than ${feedLimits.recordBytes} bytes` };
      continue;
    }
    total += entry.size;
    if (total > feedLimits.totalBytes)
      throw new AdvisoryError('FEED_TOO_LARGE', `${file}: more than ${feedLimits.totalBytes} bytes of records`);
    yield decodeRecord(place, unpackZipEntry(entry, await readPacked(window, entry)));
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
