/** The shape of a cataloger: which files it wants, and what their bytes say. */
import type { FileHash } from '../sbom/component.ts';
import type { FileFacts, FoundComponent } from './layer-findings.ts';

interface Wanting {
  /** Shown as `foundBy`. */
  readonly name: string;
  /** Set where a file that can not be read costs detail, and no component: it leaves the stock complete. */
  readonly isOptional?: true;
  /** Set for what says what a project uses, not what is installed: it is read in folders and archives, not in images. */
  readonly treesOnly?: true;
  /** Bytes. A larger file is reported as unreadable. */
  readonly maxBytes: number;
  /** `path` is relative to the root, with forward slashes and no `.` or `..`. Called for every file: keep it cheap. */
  wants(path: string): boolean;
}

/** Reads single files. */
export interface FileCataloger extends Wanting {
  readonly kind: 'file';
  /**
   * `undefined` where the file turns out to be none of this cataloger's.
   * Throws a CatalogError where it should be one and is broken.
   */
  catalog(path: string, bytes: Uint8Array): FileFacts | undefined;
}

export interface ArchiveContents {
  /** The archive's own name, for what can be told from it: `lib/guava-32.1.jar`. */
  readonly path: string;
  /** The wanted entries by name, in the archive's order. */
  readonly entries: ReadonlyMap<string, Uint8Array>;
  /** Folders that have Java classes in them, as the archive names them. */
  readonly folders: readonly string[];
  /** Of the archive's bytes. */
  readonly hashes: readonly FileHash[];
}

/** Reads zip files; the entries are unpacked for it, within limits, and archives inside the archive too. */
export interface ArchiveCataloger extends Wanting {
  readonly kind: 'archive';
  wantsEntry(name: string): boolean;
  /** Entries that are archives of the same kind. */
  isNested(name: string): boolean;
  catalog(contents: ArchiveContents): FoundComponent[];
}

export type Cataloger = FileCataloger | ArchiveCataloger;

export const MEBIBYTE = 1024 * 1024;
