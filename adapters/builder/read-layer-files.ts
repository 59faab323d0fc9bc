import { createHash } from 'node:crypto';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { LayerEntry, LayerFiles } from '../../domain/building/compare-files.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import type { ArchiveLimits } from '../archive/archive-limits.ts';
import type { Compression } from '../archive/decompress.ts';
import { entryPath, isAbsoluteName } from '../archive/entry-path.ts';
import { readTarEntries } from '../archive/read-tar.ts';
import type { EntryReader, TarEntry } from '../archive/tar-parser.ts';

/**
 * Every entry of one layer with the hash of its content, streamed: nothing is kept but names and hashes.
 * Throws an ArchiveError, what the source throws, or the signal's reason.
 */
export async function readLayerFiles(
  layer: Digest,
  source: ByteStream,
  options: { readonly compression: Compression; readonly limits: ArchiveLimits; readonly signal: AbortSignal },
): Promise<LayerFiles> {
  const found: Found = { entries: new Map(), whiteouts: [], opaque: [] };
  await readTarEntries(source, options, (entry) => visitEntry(entry, options.limits, found));
  return { layer, ...found };
}

interface Found {
  readonly entries: Map<string, LayerEntry>;
  readonly whiteouts: string[];
  readonly opaque: string[];
}

function visitEntry(entry: TarEntry, limits: ArchiveLimits, found: Found): EntryReader | undefined {
  const path = entryPath(entry.name, limits.maxPathLength);
  if (isAbsoluteName(entry.name))
    throw new ArchiveError(
      'ARCHIVE_HOSTILE_PATH',
      `an entry whose path is absolute: ${JSON.stringify(path.slice(0, 200))}`,
    );
  const cut = path.lastIndexOf('/') + 1;
  const name = path.slice(cut);
  if (name === '.wh..wh..opq') found.opaque.push(path.slice(0, Math.max(0, cut - 1)));
  else if (name.startsWith('.wh.') && !name.startsWith('.wh..wh.') && name.length > 4)
    found.whiteouts.push(path.slice(0, cut) + name.slice(4));
  else if (path !== '') return describe(entry, (described) => found.entries.set(path, described));
  return undefined;
}

/** A file is told of once its content was there to its end. */
function describe(entry: TarEntry, tell: (described: LayerEntry) => void): EntryReader | undefined {
  const type = typeOf(entry);
  const { mode, uid, gid, size, linkname } = entry;
  const about = { type, mode: mode & 0o7777, owner: `${uid}:${gid}`, size };
  if (type !== 'file') {
    tell({ ...about, ...(type === 'symlink' || type === 'hardlink' ? { link: linkname } : {}) });
    return undefined;
  }
  const hash = createHash('sha256');
  return {
    data(bytes) {
      hash.update(bytes);
      return true;
    },
    end: () => tell({ ...about, sha256: hash.digest('hex') }),
  };
}

function typeOf({ type }: TarEntry): LayerEntry['type'] {
  switch (type) {
    case 'directory':
      return 'directory';
    case 'symbolic-link':
      return 'symlink';
    case 'hard-link':
      return 'hardlink';
    case 'block-device':
    case 'character-device':
    case 'fifo':
      return 'device';
    case 'file':
    case 'unknown':
      return 'file';
  }
}
