/** What an entry of a layer means: a file, a link, a whiteout (OCI image specification, layer.md). */
import type { ArchiveLimits } from './archive-limits.ts';
import { entryPath, isAbsoluteName, linkTarget } from './entry-path.ts';
import type { EntryReader, TarEntry } from './tar-parser.ts';

/** What is told of an archive, entry by entry, in its order. Paths are relative to the root. */
export interface TarVisitor {
  /** The most bytes wanted of a file at this path; `undefined` where it is not wanted. */
  wants(path: string): number | undefined;
  /** `bytes` are valid until it returns. */
  file(path: string, bytes: Uint8Array): void;
  /** A wanted file that can not be had: too large, a device. */
  unreadable(path: string, reason: string): void;
  /** The name of what is told next began at the root. */
  rooted(path: string): void;
  /** A link; `target` is relative to the root. */
  link(path: string, target: string, kind: 'hard' | 'symbolic'): void;
  /** A folder. */
  directory(path: string): void;
  /** A whiteout (OCI layer.md): `path` is gone from the layers beneath. */
  whiteout(path: string): void;
  /** An opaque whiteout: what lower layers have in `path` is hidden. */
  opaque(path: string): void;
  /** A regular file nobody wants by its path: a reader of its content, or `undefined` to skip it. */
  other(path: string, size: number, mode: number): EntryReader | undefined;
}

/** Tells the visitor; gives the reader of the entry's content where there is one. Throws an ArchiveError. */
export function visitEntry(entry: TarEntry, limits: ArchiveLimits, visitor: TarVisitor): EntryReader | undefined {
  const path = entryPath(entry.name, limits.maxPathLength);
  if (isAbsoluteName(entry.name)) visitor.rooted(path);
  if (visitWhiteout(path, visitor) || path === '') return undefined;
  if (entry.type === 'directory') {
    visitor.directory(path);
    return undefined;
  }
  if (entry.type === 'symbolic-link') {
    visitor.link(path, linkTarget(path, entry.linkname), 'symbolic');
    return undefined;
  }
  if (entry.type === 'hard-link') {
    visitor.link(path, entryPath(entry.linkname, limits.maxPathLength), 'hard');
    return undefined;
  }
  const max = visitor.wants(path);
  if (entry.type !== 'file') {
    if (max !== undefined) visitor.unreadable(path, `an entry of type ${entry.type}`);
    return undefined;
  }
  if (max === undefined) return visitor.other(path, entry.size, entry.mode);
  if (entry.size > max) {
    visitor.unreadable(path, `${entry.size} bytes: at most ${max} are read`);
    return undefined;
  }
  return new WholeFile(entry.size, (bytes) => visitor.file(path, bytes));
}

/** Of a file that lies in one chunk, nothing is copied. */
class WholeFile implements EntryReader {
  readonly #size: number;
  readonly #take: (bytes: Uint8Array) => void;
  readonly #chunks: Buffer[] = [];
  #only: Buffer | undefined;

  constructor(size: number, take: (bytes: Uint8Array) => void) {
    this.#size = size;
    this.#take = take;
  }

  data(bytes: Buffer): boolean {
    if (bytes.length === this.#size) this.#only = bytes;
    // A size that is only claimed costs no memory: what comes is kept, chunk by chunk.
    else this.#chunks.push(Buffer.from(bytes));
    return true;
  }

  end(): void {
    this.#take(this.#only ?? Buffer.concat(this.#chunks, this.#size));
  }
}

/** `.wh.x` removes `x`; `.wh..wh..opq` hides the folder's content; other `.wh..wh.` names are AUFS's own. */
function visitWhiteout(path: string, visitor: TarVisitor): boolean {
  const cut = path.lastIndexOf('/') + 1;
  if (!path.startsWith('.wh.', cut)) return false;
  const base = path.slice(cut);
  const folder = path.slice(0, Math.max(0, cut - 1));
  if (base === '.wh..wh..opq') visitor.opaque(folder);
  else if (!base.startsWith('.wh..wh.') && base.length > 4) visitor.whiteout(path.slice(0, cut) + base.slice(4));
  return true;
}
