/** Reads a tar stream once, keeping only what a visitor wants. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import { lentChunks } from '../../domain/artifact/lent-chunks.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { asArchiveError, type Compression, createDecompressor, ExpansionMeter } from './decompress.ts';
import { feed } from './feed.ts';
import { igunzip } from './igzip.ts';
import { type EntryHandler, TarParser } from './tar-parser.ts';
import { type TarVisitor, visitEntry } from './visit-entry.ts';

export interface ReadTarOptions {
  readonly compression: Compression;
  readonly limits: ArchiveLimits;
  /** The path of igzip, to undo gzip with. */
  readonly igzip?: string | undefined;
  readonly signal?: AbortSignal;
  /** Called with the compressed bytes read so far, after every chunk. */
  readonly onProgress?: (bytes: number) => void;
}

export interface TarReading {
  /** Of all uncompressed bytes, whatever stands behind the end of the archive included. */
  readonly diffId: Digest;
  /** Whether the two zero blocks that end an archive were there. */
  readonly ended: boolean;
}

/** Throws an ArchiveError, what the source throws, or the signal's reason. */
export function readTar(source: ByteStream, options: ReadTarOptions, visitor: TarVisitor): Promise<TarReading> {
  return readTarEntries(source, options, (entry) => visitEntry(entry, options.limits, visitor));
}

/** The same, entry by entry as they are in the archive. */
export async function readTarEntries(
  source: ByteStream,
  options: ReadTarOptions,
  handler: EntryHandler,
): Promise<TarReading> {
  const { limits, signal, compression } = options;
  const meter = new ExpansionMeter(limits);
  const parser = new TarParser(handler, limits);
  const take = (chunk: Buffer): void => {
    signal?.throwIfAborted();
    meter.expand(chunk.length);
    parser.write(chunk);
    options.onProgress?.(meter.compressed);
  };
  const packed = meter.countCompressed(source);
  try {
    const sha256 =
      compression === 'gzip' && options.igzip !== undefined
        ? await igunzip(options.igzip, packed, take)
        : await unpack(packed, compression, take, signal);
    parser.end();
    return { diffId: parseDigest(`sha256:${sha256}`), ended: parser.ended };
  } catch (error) {
    signal?.throwIfAborted();
    throw asArchiveError(error);
  }
}

/** Resolves to the SHA-256 of what was unpacked, in hexadecimal. */
async function unpack(
  packed: AsyncIterable<Uint8Array>,
  compression: Compression,
  take: (chunk: Buffer) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  const consume = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      take(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    }
  };
  const decompressor = createDecompressor(compression);
  const stopping = signal === undefined ? {} : { signal };
  if (decompressor === undefined) await pipeline(packed, consume, stopping);
  else {
    const fed = feed(packed, decompressor).catch((error: Error) => {
      decompressor.destroy(error);
      throw error;
    });
    await Promise.all([fed, pipeline(decompressor, lentChunks, consume, stopping)]);
  }
  return hash.digest('hex');
}
