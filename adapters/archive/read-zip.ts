/** Reads wanted entries of a zip file in memory, one at a time, checked by size and checksum. */
import { crc32, inflateRawSync } from 'node:zlib';
import { ArchiveError } from './archive-error.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { LOCAL_HEADER_BYTES, LOCAL_SIGNATURE, type ZipRecord, zipRecords } from './zip-directory.ts';

/** What is still allowed of one file and everything nested in it. */
export interface ZipBudget {
  entries: number;
  /** Bytes of wanted entries, unpacked. */
  bytes: number;
}

export function createZipBudget(limits: ArchiveLimits): ZipBudget {
  return { entries: limits.maxEntries, bytes: limits.maxZipKeptBytes };
}

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Of output at once: small entries get a buffer of their size, and large ones do not believe what they claim. */
const MAX_CHUNK_BYTES = 1024 * 1024;
const STORED = 0;
const DEFLATED = 8;

/**
 * Yields the wanted entries in the archive's order. Throws an ArchiveError. Where the directory is damaged behind some of its
 * records, their entries come all the same, and `damaged` is told: what is yielded is then not all there is.
 */
export function* readZip(
  bytes: Uint8Array,
  wants: (name: string, record: ZipRecord) => boolean,
  budget: ZipBudget,
  damaged: (error: ArchiveError) => void,
): Generator<ZipEntry> {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: ZipRecord[] = [];
  try {
    for (const record of zipRecords(zip)) {
      budget.entries -= 1;
      if (budget.entries < 0) throw new ArchiveError('ARCHIVE_TOO_MANY_ENTRIES', 'a zip file with too many entries');
      if (leavesArchive(record.name))
        throw new ArchiveError('ARCHIVE_HOSTILE_PATH', 'a zip file with a path that leaves it');
      records.push(record);
    }
  } catch (error) {
    if (!(error instanceof ArchiveError) || error.code !== 'ARCHIVE_CORRUPT' || records.length === 0) throw error;
    damaged(error);
  }
  refuseOverlap(records);
  for (const record of records)
    if (wants(record.name, record)) yield { name: record.name, bytes: readEntry(zip, record, budget) };
}

function leavesArchive(name: string): boolean {
  return name.startsWith('/') || /^[a-zA-Z]:/.test(name) || (name.includes('..') && name.split('/').includes('..'));
}

/** Entries that share bytes are how a small file unpacks to petabytes (D. Fifield, "A better zip bomb"). */
function refuseOverlap(records: readonly ZipRecord[]): void {
  let end = 0;
  for (const { at, name, compressedSize } of records.toSorted((a, b) => a.at - b.at)) {
    if (at < end) throw new ArchiveError('ARCHIVE_BOMB', 'a zip file with entries that overlap');
    end = at + LOCAL_HEADER_BYTES + name.length + compressedSize;
  }
}

function readEntry(zip: Buffer, record: ZipRecord, budget: ZipBudget): Uint8Array {
  const { at, size, compressedSize } = record;
  budget.bytes -= size;
  if (budget.bytes < 0) throw new ArchiveError('ARCHIVE_BOMB', 'a zip file whose entries expand beyond the limit');
  if (at + LOCAL_HEADER_BYTES > zip.length || zip.readUInt32LE(at) !== LOCAL_SIGNATURE) throw broken('no such entry');
  const start = at + LOCAL_HEADER_BYTES + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
  if (start + compressedSize > zip.length) throw broken('an entry that ends behind it');
  return unpackZipEntry(record, zip.subarray(start, start + compressedSize));
}

/** The content of an entry, checked by size and checksum. Throws an ArchiveError. */
export function unpackZipEntry({ isEncrypted, method, size, crc32: sum }: ZipRecord, packed: Buffer): Uint8Array {
  if (isEncrypted) throw new ArchiveError('ARCHIVE_UNSUPPORTED', 'an encrypted entry');
  const bytes = method === STORED ? packed : inflate(packed, method, size);
  if (bytes.length !== size) throw broken('an entry has another size');
  if (crc32(bytes) !== sum) throw broken('an entry has another checksum');
  return bytes;
}

function inflate(packed: Buffer, method: number, size: number): Buffer {
  if (method !== DEFLATED) throw new ArchiveError('ARCHIVE_UNSUPPORTED', `an entry of compression method ${method}`);
  try {
    const chunkSize = Math.min(Math.max(size, 64), MAX_CHUNK_BYTES);
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size), chunkSize });
  } catch (error) {
    throw broken('an entry that can not be unpacked', error);
  }
}

function broken(what: string, cause?: unknown): ArchiveError {
  return new ArchiveError('ARCHIVE_CORRUPT', `a damaged zip file: ${what}`, { cause });
}
