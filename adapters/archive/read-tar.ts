/** Reads a tar stream once, keeping only what a visitor wants (POSIX pax, GNU and ustar formats through tar-stream). */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { type Extract, type ExtractEvents, extract, type Header } from 'tar-stream';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import { ArchiveError } from './archive-error.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { asArchiveError, type Compression, createDecompressor, ExpansionMeter } from './decompress.ts';
import { entryPath, linkTarget } from './entry-path.ts';

/** What is told of an archive, entry by entry, in its order. Paths are relative to the root. */
export interface TarVisitor {
  /** The most bytes wanted of a file at this path; `undefined` where it is not wanted. */
  wants(path: string): number | undefined;
  file(path: string, bytes: Uint8Array): void | Promise<void>;
  /** A wanted file that can not be had: too large, sparse, a device. */
  unreadable(path: string, reason: string): void;
  /** A link at a wanted path; `target` is relative to the root. */
  link(path: string, target: string, kind: 'hard' | 'symbolic'): void;
  /** A whiteout (OCI layer.md): `path` is gone from the layers beneath. */
  whiteout(path: string): void;
  /** An opaque whiteout: what lower layers have in `path` is hidden. */
  opaque(path: string): void;
}

export interface ReadTarOptions {
  readonly compression: Compression;
  readonly limits: ArchiveLimits;
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

type EntryStream = ExtractEvents['entry'][1];

const END_BYTES = 1024;

/** Throws an ArchiveError, what the source throws, or the signal's reason. */
export async function readTar(source: ByteStream, options: ReadTarOptions, visitor: TarVisitor): Promise<TarReading> {
  const meter = new ExpansionMeter(options.limits);
  const hash = createHash('sha256');
  const parser = extract();
  const finished = parseEntries(parser, options.limits, visitor);
  let tail: Uint8Array = new Uint8Array();
  const consume = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) {
      options.signal?.throwIfAborted();
      meter.expand(chunk.length);
      hash.update(chunk);
      tail = chunk.length >= END_BYTES ? chunk.subarray(-END_BYTES) : Buffer.concat([tail, chunk]).subarray(-END_BYTES);
      if (!parser.write(chunk)) await Promise.race([drained(parser), finished]);
      options.onProgress?.(meter.compressed);
    }
    parser.end(null);
    await finished;
  };
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const decompressor = createDecompressor(options.compression);
  try {
    if (decompressor === undefined) await pipeline(meter.countCompressed(source), consume, signal);
    else await pipeline(meter.countCompressed(source), decompressor, consume, signal);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw asArchiveError(error);
  } finally {
    parser.destroy(null);
  }
  return {
    diffId: parseDigest(`sha256:${hash.digest('hex')}`),
    ended: tail.length === END_BYTES && tail.every((byte) => byte === 0),
  };
}

function drained(parser: Extract): Promise<void> {
  return new Promise((resolve) => {
    parser.once('drain', resolve);
  });
}

/** Settles when the parser has seen its last byte, or at the first error, which may be the visitor's. */
function parseEntries(parser: Extract, limits: ArchiveLimits, visitor: TarVisitor): Promise<void> {
  let entries = 0;
  parser.on('entry', (header, stream, next) => {
    entries += 1;
    if (entries > limits.maxEntries) {
      parser.destroy(new ArchiveError('ARCHIVE_TOO_MANY_ENTRIES', `more than ${limits.maxEntries} entries`));
      return;
    }
    visitEntry(header, stream, limits, visitor).then(
      () => next(),
      (error: unknown) => parser.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  const finished = new Promise<void>((resolve, reject) => {
    parser.on('finish', resolve);
    parser.on('error', reject);
    parser.on('close', () => reject(new ArchiveError('ARCHIVE_TRUNCATED', 'reading stopped before its end')));
  });
  finished.catch(() => undefined);
  return finished;
}

async function visitEntry(
  header: Header,
  stream: EntryStream,
  limits: ArchiveLimits,
  visitor: TarVisitor,
): Promise<void> {
  const path = entryPath(sparseName(header) ?? header.name, limits.maxPathLength);
  if (visitWhiteout(path, visitor)) return drain(stream);
  const max = path === '' ? undefined : visitor.wants(path);
  if (max === undefined || header.type === 'directory') return drain(stream);
  if (header.type === 'link' || header.type === 'symlink') {
    const linkname = header.linkname ?? '';
    if (header.type === 'symlink') visitor.link(path, linkTarget(path, linkname), 'symbolic');
    else visitor.link(path, entryPath(linkname, limits.maxPathLength), 'hard');
    return drain(stream);
  }
  if ((header.type !== 'file' && header.type !== 'contiguous-file') || sparseName(header) !== undefined) {
    visitor.unreadable(path, `an entry of type ${sparseName(header) === undefined ? header.type : 'sparse file'}`);
    return drain(stream);
  }
  const size = header.size ?? 0;
  if (size > max) {
    visitor.unreadable(path, `${size} bytes: at most ${max} are read`);
    return drain(stream);
  }
  await visitor.file(path, await collect(stream, size));
}

/** GNU's sparse files in pax form keep their own name and a map of holes in extended headers. */
function sparseName(header: Header): string | undefined {
  const { pax } = header as { pax?: Readonly<Record<string, string>> | null };
  return pax?.['GNU.sparse.name'];
}

/** `.wh.x` removes `x`; `.wh..wh..opq` hides the folder's content; other `.wh..wh.` names are AUFS's own. */
function visitWhiteout(path: string, visitor: TarVisitor): boolean {
  const cut = path.lastIndexOf('/') + 1;
  const base = path.slice(cut);
  if (!base.startsWith('.wh.')) return false;
  const folder = path.slice(0, Math.max(0, cut - 1));
  if (base === '.wh..wh..opq') visitor.opaque(folder);
  else if (!base.startsWith('.wh..wh.') && base.length > 4) visitor.whiteout(path.slice(0, cut) + base.slice(4));
  return true;
}

function drain(stream: EntryStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('end', resolve);
    stream.on('error', reject);
    stream.resume();
  });
}

async function collect(stream: EntryStream, size: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  if (bytes.length !== size) throw new ArchiveError('ARCHIVE_TRUNCATED', 'ends inside a file');
  return bytes;
}
