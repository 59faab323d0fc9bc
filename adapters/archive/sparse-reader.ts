import { checkSparseMap, type SparsePart } from './sparse-map.ts';
import type { EntryReader } from './tar-parser.ts';

const zeros = Buffer.alloc(64 * 1024);

/** Gives a reader the file as it is on disk: what the archive has of it, and zeros between. */
export class SparseReader implements EntryReader {
  readonly #parts: readonly SparsePart[];
  readonly #realSize: number;
  readonly #reader: EntryReader;
  #index = 0;
  /** Bytes given so far. */
  #at = 0;
  #wanted = true;

  /** Throws an ArchiveError where the map does not fit. */
  constructor(map: { realSize: number; parts: readonly SparsePart[] }, storedBytes: number, reader: EntryReader) {
    checkSparseMap(map, storedBytes);
    this.#parts = map.parts;
    this.#realSize = map.realSize;
    this.#reader = reader;
  }

  data(bytes: Buffer): boolean {
    let from = 0;
    while (from < bytes.length && this.#wanted) {
      const part = this.#parts[this.#index];
      if (part === undefined) break;
      this.#fill(part.offset);
      const take = Math.min(part.offset + part.length - this.#at, bytes.length - from);
      if (take > 0) this.#give(bytes.subarray(from, from + take));
      from += take;
      if (this.#at >= part.offset + part.length) this.#index += 1;
    }
    return this.#wanted;
  }

  end(): void {
    this.#fill(this.#realSize);
    this.#reader.end();
  }

  #fill(until: number): void {
    while (this.#at < until && this.#wanted) this.#give(zeros.subarray(0, Math.min(zeros.length, until - this.#at)));
  }

  #give(bytes: Buffer): void {
    this.#at += bytes.length;
    this.#wanted = this.#reader.data(bytes);
  }
}
