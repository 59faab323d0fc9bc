/** Compressed bytes to plain bytes, within limits. */
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { ArchiveError } from './archive-error.ts';
import type { ArchiveLimits } from './archive-limits.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

/** By the first bytes: RFC 1952 for gzip, RFC 8878 for zstd. */
export function sniffCompression(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return 'none';
}

/** Counts what goes in and what comes out, and stops a bomb. */
export class ExpansionMeter {
  readonly #limits: ArchiveLimits;
  compressed = 0;
  expanded = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  async *countCompressed(source: ByteStream): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.compressed += chunk.length;
      yield chunk;
    }
  }

  /** Throws an ArchiveError (ARCHIVE_BOMB). */
  expand(bytes: number): void {
    this.expanded += bytes;
    const { maxExpandedBytes, maxRatio, ratioFloorBytes } = this.#limits;
    if (this.expanded > maxExpandedBytes)
      throw new ArchiveError('ARCHIVE_BOMB', `expands to more than ${maxExpandedBytes} bytes`);
    if (this.expanded > ratioFloorBytes && this.expanded > this.compressed * maxRatio)
      throw new ArchiveError('ARCHIVE_BOMB', `expands more than ${maxRatio} times`);
  }
}

const truncated = new Set(['Z_BUF_ERROR', 'ZSTD_error_srcSize_wrong']);

/** zlib's errors as ours; everything else as it is. */
export function asArchiveError(error: unknown): unknown {
  if (error instanceof ArchiveError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (truncated.has(code) || /unexpected end/i.test(error.message))
    return new ArchiveError('ARCHIVE_TRUNCATED', 'ends in the middle', { cause: error });
  if (code.startsWith('Z_') || code.startsWith('ZSTD_') || code.startsWith('ERR_ZSTD'))
    return new ArchiveError('ARCHIVE_CORRUPT', 'compressed data that can not be read', { cause: error });
  return error;
}
