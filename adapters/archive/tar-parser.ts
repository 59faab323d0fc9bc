/**
 * A tar archive in chunks of any size, to entries: one pass, nothing copied that is not wanted, no event loop between.
 * Formats: V7, ustar, pax, GNU (long names, sparse files, base-256 numbers). Where readers differ, this one follows Go's
 * archive/tar, which unpacks images; what different readers would unpack differently is refused.
 */
import { ArchiveError } from './archive-error.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { parsePaxRecords, paxNumber } from './pax-records.ts';
import {
  corruptSparse,
  leadingSparseParts,
  MAX_PARTS,
  oldSparseParts,
  paxSparseMap,
  realSizeOf,
  type SparseMap,
  type SparsePart,
} from './sparse-map.ts';
import { SparseReader } from './sparse-reader.ts';
import {
  BLOCK_BYTES,
  isHeaderOnly,
  isZeroBlock,
  parseTarHeader,
  type TarEntryType,
  type TarHeader,
  tarNumber,
  tarText,
} from './tar-header.ts';

export interface TarEntry {
  /** As the archive has it; to be checked before use. */
  readonly name: string;
  readonly linkname: string;
  readonly type: Exclude<TarEntryType, 'sparse-file' | 'long-name' | 'long-link' | 'extended-header' | 'global-header'>;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of the file once it is unpacked, holes of sparse files included. */
  readonly size: number;
}

/** Takes the content of one entry. */
export interface EntryReader {
  /** Bytes in order, valid until it returns. False where no more are wanted: `end` is not called then. */
  data(bytes: Buffer): boolean;
  /** Called once all bytes were given; of an empty file, no bytes are. */
  end(): void;
}

/** Told of every entry; gives the reader of its content, or `undefined` where that is to be skipped. */
export type EntryHandler = (entry: TarEntry) => EntryReader | undefined;

/** As Go's reader has it: paths, links and maps of sparse files fit many times. */
const MAX_META_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
/** Extended headers that change what an entry is; as global ones, some readers apply them and others do not. */
const DECIDING = /^(?:path|linkpath|size|GNU\.sparse\..*)$/;

const noRecords: ReadonlyMap<string, string> = new Map();

interface Pending {
  longName?: string;
  longLink?: string;
  records?: ReadonlyMap<string, string>;
}

export class TarParser {
  readonly #handler: EntryHandler;
  readonly #maxEntries: number;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  /** Bytes of a block cut in two by a chunk's end. */
  #filled = 0;
  /** Bytes of content still to come, and of what fills the last block up. */
  #left = 0;
  #padding = 0;
  #reader: EntryReader | undefined;
  #onBlock: (bytes: Buffer, at: number) => void = (bytes, at) => this.#header(bytes, at);
  #pending: Pending = {};
  /** While the map of a sparse file is read. */
  #isInsideMap = false;
  #headers = 0;
  #entries = 0;
  #zeroBlocks = 0;

  constructor(handler: EntryHandler, limits: Pick<ArchiveLimits, 'maxEntries'>) {
    this.#handler = handler;
    this.#maxEntries = limits.maxEntries;
  }

  /** Whether the two zero blocks that end an archive have passed. What follows them is nobody's, and ignored. */
  get ended(): boolean {
    return this.#zeroBlocks >= 2;
  }

  /** Throws an ArchiveError, and what the handler and its readers throw. */
  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.ended) {
      if (this.#left > 0) at += this.#content(chunk, at);
      else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, chunk.length - at);
        this.#padding -= skipped;
        at += skipped;
      } else at += this.#nextBlock(chunk, at);
    }
  }

  /** Throws an ArchiveError (ARCHIVE_TRUNCATED) where the bytes end inside an entry. */
  end(): void {
    const isBetween = this.#left === 0 && this.#padding === 0 && this.#filled === 0;
    const isComplete = isBetween && Object.keys(this.#pending).length === 0 && !this.#isInsideMap;
    if (!this.ended && !isComplete) throw new ArchiveError('ARCHIVE_TRUNCATED', 'ends in the middle of an entry');
  }

  #content(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#left, chunk.length - at);
    this.#left -= taken;
    if (this.#reader !== undefined && !this.#reader.data(chunk.subarray(at, at + taken))) this.#reader = undefined;
    if (this.#left === 0) this.#finishContent();
    return taken;
  }

  #finishContent(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.end();
  }

  #nextBlock(chunk: Buffer, at: number): number {
    if (this.#filled === 0 && chunk.length - at >= BLOCK_BYTES) {
      this.#onBlock(chunk, at);
      return BLOCK_BYTES;
    }
    const copied = chunk.copy(this.#block, this.#filled, at, at + BLOCK_BYTES - this.#filled);
    this.#filled += copied;
    if (this.#filled === BLOCK_BYTES) {
      this.#filled = 0;
      this.#onBlock(this.#block, 0);
    }
    return copied;
  }

  #header(bytes: Buffer, at: number): void {
    if (bytes[at] === 0 && isZeroBlock(bytes, at)) {
      this.#zeroBlocks += 1;
      return;
    }
    // Go refuses it, others stop here or read on: nothing may be hidden behind it.
    if (this.#zeroBlocks > 0) throw corrupt('entries behind a lone block of zeros');
    this.#headers += 1;
    const header = parseTarHeader(bytes, at);
    switch (header.type) {
      case 'long-name':
        this.#meta(header, (content) => {
          this.#pending.longName = tarText(content, 0, content.length);
        });
        break;
      case 'long-link':
        this.#meta(header, (content) => {
          this.#pending.longLink = tarText(content, 0, content.length);
        });
        break;
      case 'extended-header':
        this.#meta(header, (content) => {
          this.#pending.records = parsePaxRecords(content);
        });
        break;
      case 'global-header':
        this.#meta(header, refuseDeciding);
        break;
      case 'sparse-file':
        this.#oldSparse(header, bytes, at);
        break;
      case 'file':
      case 'hard-link':
      case 'symbolic-link':
      case 'character-device':
      case 'block-device':
      case 'directory':
      case 'fifo':
      case 'unknown':
        this.#entry({ ...header, type: header.type }, undefined);
        break;
    }
  }

  /** Content that describes the next entry. Several before one entry are as many as headers may be. */
  #meta({ size }: TarHeader, take: (content: Buffer) => void): void {
    if (this.#headers > 2 * this.#maxEntries) throw tooMany(this.#maxEntries);
    if (size > MAX_META_BYTES)
      throw new ArchiveError('ARCHIVE_BOMB', `an extended header of ${size} bytes: at most ${MAX_META_BYTES} are read`);
    this.#expect(size, collect(size, take));
  }

  #expect(size: number, reader: EntryReader | undefined): void {
    this.#left = size;
    this.#padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
    this.#reader = reader;
    if (size === 0) this.#finishContent();
  }

  #entry(header: TarHeader & { type: TarEntry['type'] }, oldMap: SparseMap | undefined): void {
    this.#entries += 1;
    if (this.#entries > this.#maxEntries) throw tooMany(this.#maxEntries);
    const { longName, longLink, records = noRecords } = this.#pending;
    this.#pending = {};
    const { type, mode } = header;
    const { uid, gid } = records === noRecords ? header : ownerIn(records, header);
    const size = isHeaderOnly(type) ? 0 : (paxNumber(records, 'size') ?? header.size);
    const map = type === 'file' ? (oldMap ?? paxSparseMap(records)) : undefined;
    const isLeading = map === undefined && type === 'file' && records.get('GNU.sparse.major') === '1';
    const realSize = map?.realSize ?? (isLeading ? realSizeOf(records) : undefined) ?? size;
    const reader = this.#handler({
      name: longName ?? (records.get('GNU.sparse.name') || pathRecord(records, 'path') || header.name),
      linkname: longLink ?? (pathRecord(records, 'linkpath') || header.linkname),
      type,
      mode,
      uid,
      gid,
      size: realSize,
    });
    if (isLeading && reader !== undefined) this.#leadingMap(size, realSize, reader);
    else if (map === undefined || reader === undefined) this.#expect(size, reader);
    else this.#expect(size, new SparseReader(map, size, reader));
  }

  /** The map stands before the content, in whole blocks of its own. */
  #leadingMap(size: number, realSize: number, reader: EntryReader): void {
    const blocks: Buffer[] = [];
    let lines = 0;
    this.#isInsideMap = true;
    this.#onBlock = (bytes, at) => {
      const block = Buffer.from(bytes.subarray(at, at + BLOCK_BYTES));
      blocks.push(block);
      if (blocks.length * BLOCK_BYTES > Math.min(size, MAX_META_BYTES)) throw corruptSparse();
      lines += countLines(block);
      if (lines < 1 + 2 * Number.parseInt((blocks[0] ?? block).toString('latin1', 0, 16), 10)) return;
      const found = leadingSparseParts(Buffer.concat(blocks));
      if (found === undefined) return;
      this.#resume();
      const stored = size - found.bytes;
      this.#expect(stored, new SparseReader({ realSize, parts: found.parts }, stored, reader));
    };
  }

  #oldSparse(header: TarHeader, bytes: Buffer, at: number): void {
    const realSize = tarNumber(bytes, at + 483, 12);
    const parts: SparsePart[] = oldSparseParts(bytes, at + 386, 4);
    const finish = (): void => this.#entry({ ...header, type: 'file' }, { realSize, parts });
    if (bytes[at + 482] === 0) {
      finish();
      return;
    }
    this.#isInsideMap = true;
    this.#onBlock = (block, start) => {
      parts.push(...oldSparseParts(block, start, 21));
      if (parts.length > MAX_PARTS) throw corruptSparse();
      if (block[start + 504] !== 0) return;
      this.#resume();
      finish();
    };
  }

  #resume(): void {
    this.#isInsideMap = false;
    this.#onBlock = (bytes, at) => this.#header(bytes, at);
  }
}

function collect(size: number, take: (content: Buffer) => void): EntryReader {
  const content = Buffer.alloc(size);
  let filled = 0;
  return {
    data(bytes) {
      filled += bytes.copy(content, filled);
      return true;
    },
    end: () => take(content),
  };
}

function countLines(block: Buffer): number {
  let lines = 0;
  for (const byte of block) if (byte === NEWLINE) lines += 1;
  return lines;
}

function ownerIn(records: ReadonlyMap<string, string>, header: TarHeader): Pick<TarEntry, 'uid' | 'gid'> {
  return { uid: paxNumber(records, 'uid') ?? header.uid, gid: paxNumber(records, 'gid') ?? header.gid };
}

function pathRecord(records: ReadonlyMap<string, string>, keyword: 'path' | 'linkpath'): string {
  const text = records.get(keyword) ?? '';
  if (text.includes('\0')) throw corrupt('an extended header with a NUL in a path');
  return text;
}

function refuseDeciding(content: Buffer): void {
  for (const keyword of parsePaxRecords(content).keys())
    if (DECIDING.test(keyword))
      throw corrupt(`a global extended header that sets "${keyword.slice(0, 40)}" for all entries`);
}

function tooMany(most: number): ArchiveError {
  return new ArchiveError('ARCHIVE_TOO_MANY_ENTRIES', `more than ${most} entries`);
}

function corrupt(what: string): ArchiveError {
  return new ArchiveError('ARCHIVE_CORRUPT', `not a tar archive, or a damaged one: ${what}`);
}
