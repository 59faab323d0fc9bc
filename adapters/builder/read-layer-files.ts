import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract, type Header } from 'tar-stream';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { LayerEntry, LayerFiles } from '../../domain/building/compare-files.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import type { ArchiveLimits } from '../archive/archive-limits.ts';
import { asArchiveError, type Compression, createDecompressor, ExpansionMeter } from '../archive/decompress.ts';
import { entryPath } from '../archive/entry-path.ts';

/**
 * Every entry of one layer with the hash of its content, streamed: nothing is kept but names and hashes.
 * Throws an ArchiveError, what the source throws, or the signal's reason.
 */
export async function readLayerFiles(
  layer: Digest,
  source: ByteStream,
  options: { readonly compression: Compression; readonly limits: ArchiveLimits; readonly signal: AbortSignal },
): Promise<LayerFiles> {
  const found = { entries: new Map<string, LayerEntry>(), whiteouts: [] as string[], opaque: [] as string[] };
  const meter = new ExpansionMeter(options.limits);
  const parser = extract();
  const visited = visitAll(parser, options.limits, found);
  visited.catch((error: unknown) => parser.destroy(asError(error)));
  const feed = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) {
      meter.expand(chunk.length);
      if (!parser.write(chunk)) await Promise.race([once(parser, 'drain'), visited]);
    }
    parser.end(null);
    await visited;
  };
  const { signal } = options;
  const decompressor = createDecompressor(options.compression);
  const read = meter.countCompressed(source);
  try {
    await (decompressor === undefined
      ? pipeline(read, feed, { signal })
      : pipeline(read, decompressor, feed, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    throw asArchiveError(error);
  } finally {
    parser.destroy(null);
  }
  return { layer, ...found };
}

interface Found {
  readonly entries: Map<string, LayerEntry>;
  readonly whiteouts: string[];
  readonly opaque: string[];
}

async function visitAll(parser: Extract, limits: ArchiveLimits, found: Found): Promise<void> {
  let seen = 0;
  for await (const entry of parser) {
    seen += 1;
    if (seen > limits.maxEntries)
      throw new ArchiveError('ARCHIVE_TOO_MANY_ENTRIES', `more than ${limits.maxEntries} entries`);
    // streamx's Readable can be iterated; its types do not say so.
    await visitEntry(entry.header, entry as unknown as AsyncIterable<Uint8Array>, limits, found);
  }
}

async function visitEntry(
  header: Header,
  content: AsyncIterable<Uint8Array>,
  limits: ArchiveLimits,
  found: Found,
): Promise<void> {
  const path = entryPath(header.name, limits.maxPathLength);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    hash.update(chunk);
  }
  if (size !== header.size) throw new ArchiveError('ARCHIVE_TRUNCATED', 'ends inside a file');
  const cut = path.lastIndexOf('/') + 1;
  const name = path.slice(cut);
  if (name === '.wh..wh..opq') found.opaque.push(path.slice(0, Math.max(0, cut - 1)));
  else if (name.startsWith('.wh.') && !name.startsWith('.wh..wh.') && name.length > 4)
    found.whiteouts.push(path.slice(0, cut) + name.slice(4));
  else if (path !== '')
    found.entries.set(
      path,
      describe(header, size, () => hash.digest('hex')),
    );
}

function describe(header: Header, size: number, digest: () => string): LayerEntry {
  const type = typeOf(header);
  return {
    type,
    mode: header.mode & 0o7777,
    owner: `${header.uid}:${header.gid}`,
    size,
    ...(type === 'file' ? { sha256: digest() } : {}),
    ...(type === 'symlink' || type === 'hardlink' ? { link: header.linkname } : {}),
  };
}

function typeOf(header: Header): LayerEntry['type'] {
  switch (header.type) {
    case 'directory':
    case 'symlink':
      return header.type;
    case 'link':
      return 'hardlink';
    case 'block-device':
    case 'character-device':
    case 'fifo':
      return 'device';
    default:
      return 'file';
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
