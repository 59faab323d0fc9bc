/**
 * Files that a layer's hard links lead to, and nobody wants by their own path: pnpm keeps what packages consist of in a store,
 * by hashes of it, and `node_modules` has links to there. They are known once the layer is read, and it is read again for them.
 */
import type { Cataloger } from '../../domain/catalog/cataloger.ts';
import type { FileFacts } from '../../domain/catalog/layer-findings.ts';
import type { ArchiveLimits } from '../archive/archive-limits.ts';
import type { TarVisitor } from '../archive/visit-entry.ts';
import { catalogFile } from './catalog-file.ts';
import { FolderLinks } from './folder-links.ts';

/** Paths as they are once the links above them are followed. */
export interface UnreadLink {
  readonly path: string;
  readonly target: string;
  /** The one that wants `path`. */
  readonly cataloger: Cataloger;
}

/**
 * Visits the layer a second time. A file is read once, for the first of the links to it and those of the same cataloger: links
 * of others stay unread, so that no file costs more than twice, however many names it has.
 */
export class LinkedFiles implements TarVisitor {
  readonly #limits: ArchiveLimits;
  readonly #links: ReadonlyMap<string, UnreadLink>;
  readonly #byTarget = new Map<string, UnreadLink>();
  readonly #read = new Map<string, FileFacts>();
  readonly #facts = new Map<string, FileFacts>();
  readonly #folderLinks = new FolderLinks();

  constructor(limits: ArchiveLimits, links: readonly UnreadLink[]) {
    this.#limits = limits;
    this.#links = new Map(links.map((link) => [link.path, link]));
    for (const link of links) if (!this.#byTarget.has(link.target)) this.#byTarget.set(link.target, link);
  }

  /** By the link's path, what the file it leads to says. */
  get facts(): ReadonlyMap<string, FileFacts> {
    return this.#facts;
  }

  wants(written: string): number | undefined {
    return this.#byTarget.get(this.#folderLinks.real(written))?.cataloger.maxBytes;
  }

  file(written: string, bytes: Uint8Array): void {
    const target = this.#folderLinks.real(written);
    this.#folderLinks.remove(target);
    const link = this.#byTarget.get(target);
    if (link === undefined) return;
    const facts = catalogFile(link.cataloger, link.path, bytes, this.#limits);
    this.#read.set(target, facts ?? { kind: 'components', components: [] });
  }

  unreadable(written: string, reason: string): void {
    this.#read.set(this.#folderLinks.real(written), { kind: 'unreadable', reason });
  }

  link(written: string, target: string, kind: 'hard' | 'symbolic'): void {
    const path = this.#folderLinks.real(written);
    if (kind === 'symbolic') {
      this.#folderLinks.add(path, target);
      return;
    }
    const file = this.#folderLinks.real(target);
    this.#folderLinks.remove(path);
    const link = this.#links.get(path);
    if (link?.target !== file || link.cataloger !== this.#byTarget.get(file)?.cataloger) return;
    // What the file says now: another one that comes later at its path is not what the link leads to.
    const facts = this.#read.get(file);
    if (facts !== undefined) this.#facts.set(path, facts);
  }

  directory(written: string): void {
    this.#folderLinks.remove(this.#folderLinks.real(written));
  }

  other(written: string): undefined {
    this.#folderLinks.remove(this.#folderLinks.real(written));
  }

  rooted(): void {}
  whiteout(): void {}
  opaque(): void {}
}
