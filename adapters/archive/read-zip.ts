/** Reads wanted entries of a zip file in memory (APPNOTE.TXT, through yauzl, which checks sizes but no checksums). */
import { crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { ArchiveError } from './archive-error.ts';
import type { ArchiveLimits } from './archive-limits.ts';

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

/** Yields the wanted entries in the archive's order, one in memory at a time. Throws an ArchiveError. */
export async function* readZip(
  bytes: Uint8Array,
  wants: (name: string) => boolean,
  budget: ZipBudget,
): AsyncGenerator<ZipEntry> {
  const zip = await open(bytes);
  try {
    for await (const entry of zip.eachEntry()) {
      budget.entries -= 1;
      if (budget.entries < 0) throw new ArchiveError('ARCHIVE_TOO_MANY_ENTRIES', 'a zip file with too many entries');
      if (wants(entry.fileName)) yield { name: entry.fileName, bytes: await readEntry(zip, entry, budget) };
    }
  } catch (error) {
    throw asZipError(error);
  } finally {
    zip.close();
  }
}

async function open(bytes: Uint8Array): Promise<ZipFile> {
  try {
    return await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      lazyEntries: true,
      validateEntrySizes: true,
      strictFileNames: false,
    });
  } catch (error) {
    throw asZipError(error);
  }
}

async function readEntry(zip: ZipFile, entry: Entry, budget: ZipBudget): Promise<Uint8Array> {
  budget.bytes -= entry.uncompressedSize;
  if (budget.bytes < 0) throw new ArchiveError('ARCHIVE_BOMB', 'a zip file whose entries expand beyond the limit');
  if (entry.isEncrypted()) throw new ArchiveError('ARCHIVE_UNSUPPORTED', 'an encrypted entry');
  const chunks: Uint8Array[] = [];
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Uint8Array);
  const bytes = Buffer.concat(chunks);
  if (crc32(bytes) !== entry.crc32)
    throw new ArchiveError('ARCHIVE_CORRUPT', 'a damaged zip file: an entry has another checksum');
  return bytes;
}

/** yauzl's messages can quote names; ours do not. */
function asZipError(error: unknown): ArchiveError {
  if (error instanceof ArchiveError) return error;
  const hostile = error instanceof Error && /relative path|absolute path|characters in fileName/.test(error.message);
  return hostile
    ? new ArchiveError('ARCHIVE_HOSTILE_PATH', 'a zip file with a path that leaves it', { cause: error })
    : new ArchiveError('ARCHIVE_CORRUPT', 'not a zip file, or a damaged one', { cause: error });
}
