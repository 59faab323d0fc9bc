/** One pass over a tar stream: every wanted file to its cataloger, and the layer's own facts beside them. */
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Cataloger } from '../../domain/catalog/cataloger.ts';
import { catalogerFor, layerCatalogerFor } from '../../domain/catalog/catalogers.ts';
import type { FileFacts, LayerFindings } from '../../domain/catalog/layer-findings.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import { type ReadTarOptions, readTar, type TarReading, type TarVisitor } from '../archive/read-tar.ts';
import { catalogFile } from './catalog-file.ts';

export interface ScanTarOptions extends ReadTarOptions {
  /** The diff-id the image's configuration names; absent for an archive that is no layer. */
  readonly expectedDiffId?: Digest;
}

/**
 * What a layer holds. An archive that breaks off, lies or exceeds a limit gives what was found until then, with the
 * `failure`. Throws only what the source throws (a registry that went away), or the signal's reason.
 */
export async function scanTar(source: ByteStream, options: ScanTarOptions): Promise<LayerFindings> {
  const collector = new Collector(options);
  let failure: LayerFindings['failure'];
  try {
    checkReading(await readTar(source, options, collector), options.expectedDiffId);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    failure = { code: error.code, reason: error.message };
  }
  return {
    ...(options.expectedDiffId === undefined ? {} : { diffId: options.expectedDiffId }),
    ...collector.findings(),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** A layer is checked by its diff-id; anything else at least has to end as archives end. */
function checkReading(reading: TarReading, expected: Digest | undefined): void {
  if (expected === undefined) {
    if (!reading.ended) throw new ArchiveError('ARCHIVE_TRUNCATED', 'the end of the archive is missing');
  } else if (reading.diffId !== expected) {
    throw new ArchiveError(
      'ARCHIVE_DIGEST_MISMATCH',
      `the layer unpacks to ${reading.diffId}, and the configuration says ${expected}`,
    );
  }
}

class Collector implements TarVisitor {
  readonly #options: ScanTarOptions;
  readonly #files = new Map<string, FileFacts>();
  readonly #hardLinks = new Map<string, string>();
  readonly #whiteouts = new Set<string>();
  readonly #opaque = new Set<string>();

  constructor(options: ScanTarOptions) {
    this.#options = options;
  }

  wants(path: string): number | undefined {
    return this.#catalogerFor(path)?.maxBytes;
  }

  async file(path: string, bytes: Uint8Array): Promise<void> {
    const cataloger = this.#catalogerFor(path);
    const facts = cataloger === undefined ? undefined : await catalogFile(cataloger, path, bytes, this.#options.limits);
    this.#hardLinks.delete(path);
    // A file that says nothing still replaces the one of the layer beneath.
    this.#set(path, facts ?? { kind: 'components', components: [] });
  }

  unreadable(path: string, reason: string): void {
    this.#set(path, { kind: 'unreadable', reason });
  }

  link(path: string, target: string, kind: 'hard' | 'symbolic'): void {
    if (kind === 'hard') this.#hardLinks.set(path, target);
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

  findings(): Pick<LayerFindings, 'files' | 'whiteouts' | 'opaqueDirectories'> {
    for (const [path, target] of this.#hardLinks) this.#files.set(path, this.#linkedFacts(path, target));
    return {
      files: [...this.#files].map(([path, facts]) => ({ path, facts })).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      whiteouts: [...this.#whiteouts].toSorted(),
      opaqueDirectories: [...this.#opaque].toSorted(),
    };
  }

  /** A hard link is the same file under another name: the same cataloger has read it already, or nobody has. */
  #linkedFacts(path: string, target: string): FileFacts {
    const facts = this.#files.get(target);
    return facts !== undefined && this.#catalogerFor(target) === this.#catalogerFor(path)
      ? facts
      : { kind: 'unreadable', reason: 'a hard link to a file that was not read' };
  }

  #catalogerFor(path: string): Cataloger | undefined {
    return this.#options.expectedDiffId === undefined ? catalogerFor(path) : layerCatalogerFor(path);
  }

  #set(path: string, facts: FileFacts): void {
    this.#files.set(path, facts);
    this.#bound();
  }

  #bound(): void {
    const kept = this.#files.size + this.#hardLinks.size + this.#whiteouts.size + this.#opaque.size;
    if (kept > this.#options.limits.maxKept)
      throw new ArchiveError('ARCHIVE_TOO_MANY_ENTRIES', `more than ${this.#options.limits.maxKept} files to keep`);
  }
}
