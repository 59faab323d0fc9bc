import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { AdvisoryError } from './advisory-error.ts';
import { decodeRecord } from './decode-record.ts';
import { type FeedItem, feedLimits } from './feed.ts';

/** Reads an entry without a stream of its own: most records are small, and there are tens of thousands. */
async function readEntry(zip: ZipFile, handle: FileHandle, entry: Entry): Promise<Uint8Array> {
  if (entry.isEncrypted()) throw new Error(`${entry.fileName}: encrypted`);
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const packed = Buffer.alloc(entry.compressedSize);
  const { bytesRead } = await handle.read(packed, 0, packed.length, fileDataStart);
  if (bytesRead !== packed.length) throw new Error(`${entry.fileName}: cut short`);
  const bytes = unpack(entry, packed);
  if (crc32(bytes) !== entry.crc32) throw new Error(`${entry.fileName}: wrong checksum`);
  return bytes;
}

function unpack(entry: Entry, packed: Buffer): Uint8Array {
  switch (entry.compressionMethod) {
    case 0:
      return packed;
    case 8:
      return inflateRawSync(packed, { maxOutputLength: Math.max(entry.uncompressedSize, 1) });
    default:
      throw new Error(`${entry.fileName}: compression method ${entry.compressionMethod}`);
  }
}

/**
 * Every `.json` of a zip file, as OSV publishes one per ecosystem. Throws an AdvisoryError where the archive itself is
 * damaged: a truncated feed must not pass for a small one.
 */
export async function* readZipFeed(file: string): AsyncGenerator<FeedItem> {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false }).catch((cause: unknown) => {
    throw new AdvisoryError('FEED_UNREADABLE', `${file}: not a complete zip archive; fetch it again`, { cause });
  });
  const handle = await open(file);
  try {
    if (zip.entryCount > feedLimits.records)
      throw new AdvisoryError('FEED_TOO_LARGE', `${file}: more than ${feedLimits.records} entries`);
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('.json')) continue;
      const place = `${file}!${path.posix.basename(entry.fileName)}`;
      if (Math.max(entry.uncompressedSize, entry.compressedSize) > feedLimits.recordBytes) {
        yield { kind: 'rejected', place, reason: `larger than ${feedLimits.recordBytes} bytes` };
        continue;
      }
      total += entry.uncompressedSize;
      if (total > feedLimits.totalBytes)
        throw new AdvisoryError('FEED_TOO_LARGE', `${file}: more than ${feedLimits.totalBytes} bytes of records`);
      yield decodeRecord(place, await readEntry(zip, handle, entry));
    }
  } catch (cause) {
    if (cause instanceof AdvisoryError) throw cause;
    throw new AdvisoryError('FEED_UNREADABLE', `${file}: damaged zip archive; fetch it again`, { cause });
  } finally {
    await handle.close();
    zip.close();
  }
}
