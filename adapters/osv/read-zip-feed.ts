import path from 'node:path';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { AdvisoryError } from './advisory-error.ts';
import { decodeRecord } from './decode-record.ts';
import { type FeedItem, feedLimits } from './feed.ts';

async function readEntry(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  // yauzl fails the stream where it is longer than the size the directory claims.
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Uint8Array);
  const bytes = Buffer.concat(chunks);
  if (crc32(bytes) !== entry.crc32) throw new Error(`${entry.fileName}: wrong checksum`);
  return bytes;
}

/**
 * Every `.json` of a zip file, as OSV publishes one per ecosystem. Throws an AdvisoryError where the archive itself is
 * damaged: a truncated feed must not pass for a small one.
 */
export async function* readZipFeed(file: string): AsyncGenerator<FeedItem> {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false }).catch((cause: unknown) => {
    throw new AdvisoryError('FEED_UNREADABLE', `${file}: not a complete zip archive; fetch it again`, { cause });
  });
  try {
    if (zip.entryCount > feedLimits.records)
      throw new AdvisoryError('FEED_TOO_LARGE', `${file}: more than ${feedLimits.records} entries`);
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('.json')) continue;
      const place = `${file}!${path.posix.basename(entry.fileName)}`;
      if (entry.uncompressedSize > feedLimits.recordBytes) {
        yield { kind: 'rejected', place, reason: `larger than ${feedLimits.recordBytes} bytes` };
        continue;
      }
      total += entry.uncompressedSize;
      if (total > feedLimits.totalBytes)
        throw new AdvisoryError('FEED_TOO_LARGE', `${file}: more than ${feedLimits.totalBytes} bytes of records`);
      yield decodeRecord(place, await readEntry(zip, entry));
    }
  } catch (cause) {
    if (cause instanceof AdvisoryError) throw cause;
    throw new AdvisoryError('FEED_UNREADABLE', `${file}: damaged zip archive; fetch it again`, { cause });
  } finally {
    zip.close();
  }
}
