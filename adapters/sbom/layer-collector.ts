/** What the catalogers say of one layer, file by file. */
import type { BinaryCataloger } from '../../domain/catalog/binary-cataloger.ts';
import type { Cataloger } from '../../domain/catalog/cataloger.ts';
import type { FileFacts, LayerFindings } from '../../domain/catalog/layer-findings.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import type { ArchiveLimits } from '../archive/archive-limits.ts';
import type { EntryReader } from '../archive/tar-parser.ts';
import type { TarVisitor } from '../archive/visit-entry.ts';
import { BinaryReader } from './binary-reader.ts';
import { catalogFile } from './catalog-file.ts';
import { looksExecutable } from './looks-executable.ts';

/** Beyond, an executable that replaces another is not noticed, and both are listed: no layer has so many. */
const MAX_SILENT = 100_000;
/** Each with its reason: of more, the archive is what is broken. */
const MAX_UNREADABLE = 10_000;
const EXECUTABLE_BITS = 0o111;

export interface LayerCatalogers {
  /** By the path; different ones look at layers and at archives that are none. */
  readonly catalogerFor: (path: string) => Cataloger | undefined;
  readonly binaries: readonly BinaryCataloger[];
}

export class LayerCollector implements TarVisitor {
  readonly #limits: ArchiveLimits;
  readonly #catalogerFor: LayerCatalogers['catalogerFor'];
  readonly #binaries: readonly BinaryCataloger[];
  readonly #files = new Map<string, FileFacts>();
  readonly #hardLinks = new Map<string, string>();
  readonly #silent = new Set<string>();
  readonly #whiteouts = new Set<string>();
  readonly #opaque = new Set<string>();
  #unreadable = 0;
  #rooted: { readonly first: string; count: number } | undefined;

  constructor(limits: ArchiveLimits, { catalogerFor, binaries }: LayerCatalogers) {
    this.#limits = limits;
    this.#catalogerFor = catalogerFor;
    this.#binaries = binaries;
  }

  wants(path: string): number | undefined {
    return this.#catalogerFor(path)?.maxBytes;
  }

  file(path: string, bytes: Uint8Array): void {
    const cataloger = this.#catalogerFor(path);
    const facts = cataloger === undefined ? undefined : catalogFile(cataloger, path, bytes, this.#limits);
    this.#hardLinks.delete(path);
    // A file that says nothing still replaces the one of the layer beneath.
    this.#set(path, facts ?? { kind: 'components', components: [] });
  }

  unreadable(path: string, reason: string): void {
    this.#set(path, { kind: 'unreadable', reason });
  }

  rooted(path: string): void {
    this.#rooted ??= { first: path, count: 0 };
    this.#rooted.count += 1;
  }

  link(path: string, target: string, kind: 'hard' | 'symbolic'): void {
    if (this.#catalogerFor(path) === undefined) {
      const facts = kind === 'hard' ? this.#files.get(target) : undefined;
      // What a cataloger found in a file it wanted by its path is not looked for under other names.
      if (facts !== undefined && this.#catalogerFor(target) === undefined) this.#set(path, facts);
      else this.#replace(path, looksExecutable(path));
    } else if (kind === 'hard') this.#hardLinks.set(path, target);
    else this.#set(path, { kind: 'link', target });
    this.#bound();
  }

  whiteout(path: string): void {
    this.#whiteouts.add(path);
    this.#bound();
  }

  opaque(path: string): void {
    this.#opaque.add(path);
    this.#bound();
  }

  other(path: string, size: number, mode: number): EntryReader | undefined {
    const isLikely = looksExecutable(path);
    this.#replace(path, isLikely && (mode & EXECUTABLE_BITS) !== 0);
    if (this.#binaries.length === 0 || size === 0) return undefined;
    return new BinaryReader({ path, size, mode }, this.#binaries, (facts) => {
      if (facts === undefined) return this.#replace(path, isLikely);
      this.#silent.delete(path);
      this.#set(path, facts);
    });
  }

  findings(): Pick<LayerFindings, 'files' | 'silent' | 'whiteouts' | 'opaqueDirectories' | 'notes'> {
    for (const [path, target] of this.#hardLinks) this.#files.set(path, this.#linkedFacts(path, target));
    return {
      files: [...this.#files].map(([path, facts]) => ({ path, facts })).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      ...(this.#silent.size === 0 ? {} : { silent: [...this.#silent].toSorted() }),
      whiteouts: [...this.#whiteouts].toSorted(),
      opaqueDirectories: [...this.#opaque].toSorted(),
      ...(this.#rooted === undefined ? {} : { notes: [rootedNote(this.#rooted)] }),
    };
  }

  /** Of two entries of one path the later holds, also where it says nothing. */
  #replace(path: string, isNoted: boolean): void {
    this.#files.delete(path);
    if (isNoted && this.#silent.size < MAX_SILENT) this.#silent.add(path);
  }

  /** A hard link is the same file under another name: the same cataloger has read it already, or nobody has. */
  #linkedFacts(path: string, target: string): FileFacts {
    const facts = this.#files.get(target);
    return facts !== undefined && this.#catalogerFor(target) === this.#catalogerFor(path)
      ? facts
      : { kind: 'unreadable', reason: 'a hard link to a file that was not read' };
  }

  #set(path: string, facts: FileFacts): void {
    this.#files.set(path, facts);
    if (facts.kind === 'unreadable') this.#unreadable += 1;
    if (this.#unreadable > MAX_UNREADABLE)
      throw new ArchiveError('ARCHIVE_TOO_MANY_ENTRIES', `more than ${MAX_UNREADABLE} files that can not be read`);
    this.#bound();
  }

  #bound(): void {
    const kept = this.#files.size + this.#hardLinks.size + this.#whiteouts.size + this.#opaque.size;
    if (kept > this.#limits.maxKept)
      throw new ArchiveError('ARCHIVE_TOO_MANY_ENTRIES', `more than ${this.#limits.maxKept} files to keep`);
  }
}

function rootedNote({ first, count }: { readonly first: string; readonly count: number }): {
  path: string;
  reason: string;
} {
  const which =
    count === 1 ? 'an entry whose path is absolute' : `the first of ${count} entries whose paths are absolute`;
  return { path: first, reason: `${which}: read as below the root, as what unpacks it does` };
}
