/** Reads a tar stream once, keeping only what a visitor wants. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { asArchiveError, type Compression, createDecompressor, ExpansionMeter } from './decompress.ts';
import { igzip } from './igzip.ts';
import { type EntryReader, TarParser } from './tar-parser.ts';
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
export async function readTar(source: ByteStream, options: ReadTarOptions, visitor: TarVisitor): Promise<TarReading> {
  const { limits, signal } = options;
  const meter = new ExpansionMeter(limits);
  const hash = createHash('sha256');
  const parser = new TarParser((entry): EntryReader | undefined => visitEntry(entry, limits, visitor), limits);
  const consume = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      meter.expand(chunk.length);
      hash.update(chunk);
      parser.write(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      options.onProgress?.(meter.compressed);
    }
    parser.end();
  };
  const { igzip: program, compression } = options;
  const decompressor =
    program !== undefined && compression === 'gzip' ? igzip(program) : createDecompressor(compression);
  const stopping = signal === undefined ? {} : { signal };
  try {
    if (decompressor === undefined) await pipeline(meter.countCompressed(source), consume, stopping);
    else if (typeof decompressor === 'function')
      await pipeline(meter.countCompressed(source), decompressor, consume, stopping);
    else await pipeline(meter.countCompressed(source), decompressor, consume, stopping);
  } catch (error) {
    signal?.throwIfAborted();
    throw asArchiveError(error);
  }
  return { diffId: parseDigest(`sha256:${hash.digest('hex')}`), ended: parser.ended };
}
