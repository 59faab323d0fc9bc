import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract } from 'tar-stream';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import { type ArchiveLimits, defaultLimits } from '../archive/archive-limits.ts';
import { asArchiveError, createDecompressor, ExpansionMeter, sniffCompression } from '../archive/decompress.ts';
import { entryPath, linkTarget } from '../archive/entry-path.ts';

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
  for await (const entry of await readEntries(file, limits, signal)) {
    const { name, type, linkname } = entry.header;
    if (!wants(name.replace(/^(?:\.\/)+/, ''))) {
      entry.resume();
      continue;
    }
    if (files.size + links.size >= MAX_FILES)
      throw new ArchiveError('ARCHIVE_TOO_MANY_ENTRIES', `more than ${MAX_FILES} files`);
    const at = entryPath(name, limits.maxPathLength);
    if (type === 'file' || type === 'contiguous-file')
      files.set(at, await store(entry, path.join(folder, String(files.size))));
    else {
      if (type === 'symlink') links.set(at, linkTarget(at, linkname ?? ''));
      if (type === 'link') links.set(at, entryPath(linkname ?? '', limits.maxPathLength));
      entry.resume();
    }
  }
  for (const [at, target] of links) {
    const found = files.get(target);
    if (found !== undefined) files.set(at, found);
  }
}

async function readEntries(file: string, limits: ArchiveLimits, signal: AbortSignal): Promise<Extract> {
  const meter = new ExpansionMeter(limits);
  async function* bounded(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      meter.expand(chunk.length);
      yield chunk;
    }
  }
  const decompressor = createDecompressor(sniffCompression(await readHead(file)));
  const source = meter.countCompressed(createReadStream(file, { highWaterMark: CHUNK }));
  const packed = Readable.from(source, { objectMode: false });
  if (decompressor !== undefined) packed.on('error', (error) => decompressor.destroy(error)).pipe(decompressor);
  const parser = extract();
  Readable.from(bounded(decompressor ?? packed), { objectMode: false })
    .on('error', (error) => parser.destroy(error))
    .pipe(parser);
  return parser;
}

async function store(entry: AsyncIterable<unknown>, place: string): Promise<UnpackedFile> {
  const hash = createHash('sha256');
  let size = 0;
  async function* counted() {
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      size += chunk.byteLength;
      yield chunk;
    }
  }
  await pipeline(counted, createWriteStream(place, { mode: 0o600 }));
  return { place, size, digest: parseDigest(`sha256:${hash.digest('hex')}`) };
}

async function readHead(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    return (await handle.read(new Uint8Array(4), 0, 4, 0)).buffer;
  } finally {
    await handle.close();
  }
}
