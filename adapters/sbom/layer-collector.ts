/** What the catalogers say of one layer, file by file. */
import type { BinaryCataloger } from '../../domain/catalog/binary-cataloger.ts';
import type { Cataloger } from '../../domain/catalog/cataloger.ts';
import type { FileFacts, LayerFindings } from '../../domain/catalog/layer-findings.ts';
import { misleadingLink } from '../../domain/catalog/misleading-link.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import type { ArchiveLimits } from '../archive/archive-limits.ts';
import type { EntryReader } from '../archive/tar-parser.ts';
import type { TarVisitor } from '../archive/visit-entry.ts';
import { BinaryReader } from './binary-reader.ts';
import { catalogFile } from './catalog-file.ts';
import { FolderLinks } from './folder-links.ts';
import { canBeFolder, canBeProgram } from './folder-names.ts';
import type { UnreadLink } from './linked-files.ts';
import { looksExecutable } from './looks-executable.ts';

/** Bytes of paths. Beyond, a file that replaces another, or a folder, is not noticed, and both are listed: no layer has so many. */
const MAX_NOTED = 24 * 1024 * 1024;
const STRING_BYTES = 64;
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
  readonly #directories = new Set<string>();
  readonly #folderLinks = new FolderLinks();
  readonly #whiteouts = new Set<string>();
  readonly #opaque = new Set<string>();
  #unreadable = 0;
  #noted = 0;
  #rooted: Oddity | undefined;
  #again: Oddity | undefined;

  constructor(limits: ArchiveLimits, { catalogerFor, binaries }: LayerCatalogers) {
    this.#limits = limits;
    this.#catalogerFor = catalogerFor;
    this.#binaries = binaries;
  }

  wants(written: string): number | undefined {
    return this.#catalogerFor(this.#folderLinks.real(written))?.maxBytes;
  }

  file(written: string, bytes: Uint8Array): void {
    const path = this.#folderLinks.real(written);
    this.#noteAgain(path);
    const cataloger = this.#catalogerFor(path);
    const facts = cataloger === undefined ? undefined : catalogFile(cataloger, path, bytes, this.#limits);
    this.#hardLinks.delete(path);
    this.#folderLinks.remove(path);
    // A file that says nothing still replaces the one of the layer beneath.
    this.#set(path, facts ?? { kind: 'components', components: [] });
  }

  unreadable(written: string, reason: string): void {
    const path = this.#folderLinks.real(written);
    this.#noteAgain(path);
    this.#set(path, { kind: 'unreadable', reason });
  }

  rooted(path: string): void {
    this.#rooted = { first: this.#rooted?.first ?? path, count: (this.#rooted?.count ?? 0) + 1 };
  }

  link(written: string, target: string, kind: 'hard' | 'symbolic'): void {
    const path = this.#folderLinks.real(written);
    this.#noteAgain(path);
    if (kind === 'hard') this.#hardLink(path, this.#folderLinks.real(target));
    else this.#symbolicLink(path, target);
    this.#bound();
  }

  directory(written: string): void {
    const path = this.#folderLinks.real(written);
    this.#folderLinks.remove(path);
    this.#files.delete(path);
    this.#hardLinks.delete(path);
    // A file or a link that it replaces in this layer hides nothing of the layers beneath.
    this.#silent.delete(path);
    if (canBeProgram(path) || this.#catalogerFor(path) !== undefined) this.#note(this.#directories, path);
  }

  whiteout(written: string): void {
    this.#whiteouts.add(this.#folderLinks.real(written));
    this.#bound();
  }

  opaque(written: string): void {
    this.#opaque.add(this.#folderLinks.real(written));
    this.#bound();
  }

  other(written: string, size: number, mode: number): EntryReader | undefined {
    const path = this.#folderLinks.real(written);
    const isNoted = canBeFolder(path) || (looksExecutable(path) && (mode & EXECUTABLE_BITS) !== 0);
    this.#folderLinks.remove(path);
    this.#noteAgain(path);
    this.#replace(path, isNoted);
    if (this.#binaries.length === 0 || size === 0) return undefined;
    return new BinaryReader({ path, size, mode }, this.#binaries, (facts) => {
      if (facts === undefined) return this.#replace(path, isNoted || looksExecutable(path));
      this.#silent.delete(path);
      this.#set(path, facts);
    });
  }

  /** Wanted hard links whose file no cataloger of theirs has read: where it is in the archive, it takes another reading. */
  unreadLinks(): UnreadLink[] {
    return [...this.#hardLinks].flatMap(([path, target]) => {
      const cataloger = this.#catalogerFor(path);
      return cataloger === undefined || this.#readFacts(path, target) !== undefined
        ? []
        : [{ path, target, cataloger }];
    });
  }

  /** `linked` has what another reading found of unread links, by path. */
  findings(linked: ReadonlyMap<string, FileFacts> = new Map()): Omit<LayerFindings, 'diffId' | 'failure'> {
    for (const [path, target] of this.#hardLinks)
      this.#files.set(path, this.#readFacts(path, target) ?? linked.get(path) ?? unreadLink);
    const notes = [
      ...(this.#rooted === undefined ? [] : [rootedNote(this.#rooted)]),
      ...(this.#again === undefined ? [] : [againNote(this.#again)]),
    ];
    return {
      files: [...this.#files].map(([path, facts]) => ({ path, facts })).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      ...(this.#silent.size === 0 ? {} : { silent: [...this.#silent].toSorted() }),
      ...(this.#directories.size === 0 ? {} : { directories: [...this.#directories].toSorted() }),
      whiteouts: [...this.#whiteouts].toSorted(),
      opaqueDirectories: [...this.#opaque].toSorted(),
      ...(notes.length === 0 ? {} : { notes }),
    };
  }

  #hardLink(path: string, target: string): void {
    this.#folderLinks.remove(path);
    if (this.#catalogerFor(path) !== undefined) {
      this.#hardLinks.set(path, target);
      return;
    }
    const facts = this.#files.get(target);
    // What a cataloger found in a file it wanted by its path is not looked for under other names.
    if (facts !== undefined && this.#catalogerFor(target) === undefined) this.#set(path, facts);
    else this.#replace(path, true);
  }

  #symbolicLink(path: string, target: string): void {
    this.#folderLinks.add(path, target);
    if (this.#catalogerFor(path) !== undefined) {
      this.#set(path, { kind: 'link', target });
      return;
    }
    this.#replace(path, true);
    const reason = misleadingLink(path, target, (reached) => this.#catalogerFor(reached) !== undefined);
    if (reason !== undefined) this.#set(path, { kind: 'unreadable', reason });
  }

  /** Of a file that says something, or a link to where one would be: readers that take the first entry see another. */
  #noteAgain(path: string): void {
    if (!this.#files.has(path) && !this.#hardLinks.has(path)) return;
    this.#again = { first: this.#again?.first ?? path, count: (this.#again?.count ?? 0) + 1 };
  }

  /** Of two entries of one path the later holds, also where it says nothing. */
  #replace(path: string, isNoted: boolean): void {
    this.#files.delete(path);
    if (isNoted) this.#note(this.#silent, path);
  }

  #note(paths: Set<string>, path: string): void {
    if (this.#noted >= MAX_NOTED) return;
    paths.add(path);
    this.#noted += path.length + STRING_BYTES;
  }

  /** A hard link is the same file under another name: the same cataloger has read it already, or nobody has. */
  #readFacts(path: string, target: string): FileFacts | undefined {
    return this.#catalogerFor(target) === this.#catalogerFor(path) ? this.#files.get(target) : undefined;
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

const unreadLink: FileFacts = { kind: 'unreadable', reason: 'a hard link to a file that was not read' };

/** Something that is odd about entries: the path of the first, and how many they are. */
interface Oddity {
  readonly first: string;
  readonly count: number;
}

type Note = { readonly path: string; readonly reason: string };

function rootedNote({ first, count }: Oddity): Note {
  const which =
    count === 1 ? 'an entry whose path is absolute' : `the first of ${count} entries whose paths are absolute`;
  return { path: first, reason: `${which}: read as below the root, as what unpacks it does` };
}

function againNote({ first, count }: Oddity): Note {
  const which =
    count === 1
      ? 'an entry whose path was there before'
      : `the first of ${count} entries whose paths were there before`;
  return { path: first, reason: `${which}: the later is read, as what unpacks it does` };
}
