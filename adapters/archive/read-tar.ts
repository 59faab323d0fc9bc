/** Reads a tar stream once, keeping only what a visitor wants. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import { lentChunks } from '../../domain/artifact/lent-chunks.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { asArchiveError, type Compression, ExpansionMeter } from './decompress.ts';
import { feed } from './feed.ts';
import { igunzip } from './igzip.ts';
import { type EntryHandler, TarParser } from './tar-parser.ts';
import { unpackOnThread } from './unpacking-thread.ts';
import { type TarVisitor, visitEntry } from './visit-entry.ts';

/** zlib's default of 16 KiB halves the speed. */
const CHUNK_BYTES = 256 * 1024;

export interface ReadTarOptions {
  readonly compression: Compression;
  readonly limits: ArchiveLimits;
  /** Undoes gzip and hashes beside the main thread: worth it for many bytes, as a thread takes some 25 ms to start. */
  readonly isLarge?: boolean;
  /** Hashes on a thread of its own, where one unpacks. */
  readonly hashesApart?: boolean;
  /** The path of igzip, to undo gzip with where it is large. */
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
  const { limits, signal } = options;
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
    const sha256 = await unpack(options, packed, take);
    parser.end();
    return { diffId: parseDigest(`sha256:${sha256}`), ended: parser.ended };
  } catch (error) {
    signal?.throwIfAborted();
    throw asArchiveError(error);
  }
}

/** Resolves to the SHA-256 of what was unpacked, in hexadecimal. */
function unpack(
  { compression, isLarge = false, hashesApart = false, igzip, signal }: ReadTarOptions,
  packed: AsyncIterable<Uint8Array>,
  take: (chunk: Buffer) => void,
): Promise<string> {
  const onThread = (packing: 'gzip' | 'zstd'): Promise<string> =>
    unpackOnThread(packed, take, { compression: packing, hashesApart, signal });
  switch (compression) {
    case 'none':
      return hashed(signal, take, (consume, options) => pipeline(packed, consume, options));
    case 'zstd':
      // Node's stream ends with the first frame; layers that can be read in parts have thousands.
      return onThread(compression);
    case 'gzip':
      if (!isLarge) return hashed(signal, take, (consume, options) => gunzip(packed, consume, options));
      return igzip === undefined ? onThread(compression) : igunzip(igzip, packed, take);
  }
}

type Consume = (chunks: AsyncIterable<Uint8Array>) => Promise<void>;
type Stopping = { readonly signal?: AbortSignal };

async function hashed(
  signal: AbortSignal | undefined,
  take: (chunk: Buffer) => void,
  read: (consume: Consume, options: Stopping) => Promise<unknown>,
): Promise<string> {
  const hash = createHash('sha256');
  await read(
    async (chunks) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        take(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      }
    },
    signal === undefined ? {} : { signal },
  );
  return hash.digest('hex');
}

async function gunzip(packed: AsyncIterable<Uint8Array>, consume: Consume, options: Stopping): Promise<void> {
  const decompressor = createGunzip({ chunkSize: CHUNK_BYTES });
  const fed = feed(packed, decompressor).catch((error: Error) => {
    decompressor.destroy(error);
    throw error;
  });
  await Promise.all([fed, pipeline(decompressor, lentChunks, consume, options)]);
}
