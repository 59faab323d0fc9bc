import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import { type ArchiveLimits, defaultLimits } from '../archive/archive-limits.ts';
import { asArchiveError, sniffCompression } from '../archive/decompress.ts';
import { readTar } from '../archive/read-tar.ts';
import type { EntryReader } from '../archive/tar-parser.ts';
import type { TarVisitor } from '../archive/visit-entry.ts';

/** A regular file of an archive, in a folder of ours under a name of ours. */
export interface UnpackedFile {
  readonly place: string;
  readonly size: number;
  readonly digest: Digest;
}

export interface UnpackedArchive extends AsyncDisposable {
  /** An ArchiveError where the archive could be read so far only. */
  readonly failure: unknown;
  /** By path in the archive; a link is under its own path what it leads to. */
  readonly files: ReadonlyMap<string, UnpackedFile>;
}

const CHUNK = 1024 * 1024;
/** An image has a few files for each of its layers. */
const MAX_FILES = 20_000;

/**
 * Unpacks what `wants` names of a tar archive, compressed or not, into a temporary folder that disposing removes: regular
 * files, and links to them. No name of the archive becomes a name on disk. Throws what is no ArchiveError.
 */
export async function unpackArchive(
  file: string,
  options: {
    readonly wants: (path: string) => boolean;
    readonly signal: AbortSignal;
    readonly limits?: ArchiveLimits;
  },
): Promise<UnpackedArchive> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-archive-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  const files = new Map<string, UnpackedFile>();
  try {
    await unpackInto(folder, file, files, { limits: defaultLimits, ...options });
    return { files, failure: undefined, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    const failure = asArchiveError(error);
    if (failure instanceof ArchiveError && !options.signal.aborted)
      return { files, failure, [Symbol.asyncDispose]: dispose };
    await dispose();
    options.signal.throwIfAborted();
    throw failure;
  }
}

async function unpackInto(
  folder: string,
  file: string,
  files: Map<string, UnpackedFile>,
  options: { wants: (path: string) => boolean; signal: AbortSignal; limits: ArchiveLimits },
): Promise<void> {
  const { limits, wants, signal } = options;
  const links = new Map<string, string>();
  const bound = (): void => {
    if (files.size + links.size >= MAX_FILES)
      throw new ArchiveError('ARCHIVE_TOO_MANY_ENTRIES', `more than ${MAX_FILES} files`);
  };
  const ignore = (): void => undefined;
  let unfinished: number | undefined;
  const compression = sniffCompression(await readHead(file));
  const source = createReadStream(file, { highWaterMark: CHUNK });
  const visitor: TarVisitor = {
    wants: () => undefined,
    file: ignore,
    unreadable: ignore,
    rooted: ignore,
    directory: ignore,
    whiteout: ignore,
    opaque: ignore,
    link(at, target) {
      if (!wants(at)) return;
      bound();
      links.set(at, target);
    },
    other(at) {
      if (!wants(at)) return undefined;
      bound();
      const place = path.join(folder, String(files.size));
      const handle = openSync(place, 'w', 0o600);
      unfinished = handle;
      return store(handle, (size, digest) => {
        unfinished = undefined;
        files.set(at, { place, size, digest });
      });
    },
  };
  try {
    await readTar(source, { compression, limits, signal }, visitor);
  } finally {
    if (unfinished !== undefined) closeSync(unfinished);
  }
  for (const [at, target] of links) {
    const found = files.get(target);
    if (found !== undefined) files.set(at, found);
  }
}

/** Writes what it is given, as it comes, and closes the file at its end. */
function store(handle: number, stored: (size: number, digest: Digest) => void): EntryReader {
  const hash = createHash('sha256');
  let size = 0;
  return {
    data(bytes) {
      hash.update(bytes);
      for (let from = 0; from < bytes.length; ) from += writeSync(handle, bytes, from);
      size += bytes.length;
      return true;
    },
    end() {
      closeSync(handle);
      stored(size, parseDigest(`sha256:${hash.digest('hex')}`));
    },
  };
}

async function readHead(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    return (await handle.read(new Uint8Array(4), 0, 4, 0)).buffer;
  } finally {
    await handle.close();
  }
}
