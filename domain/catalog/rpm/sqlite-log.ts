/** What stands beside an SQLite database and belongs to it (https://www.sqlite.org/fileformat2.html, 3 and 4). */
import { ByteView } from '../byte-view.ts';

const LOG_MAGIC = 0x37_7f_06_82;
const LOG_HEADER = 32;
const FRAME_HEADER = 24;
const MAX_PAGE_SIZE = 65_536;
const journalMagic = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/**
 * Whether a write-ahead log has pages of a finished transaction. Frames that a later header has made void do not count, nor
 * does a file that SQLite itself would pass over.
 */
export function hasCommittedPages(bytes: Uint8Array): boolean {
  if (bytes.length < LOG_HEADER) return false;
  const view = new ByteView(bytes, false);
  // The last bit says in which byte order the checksums are.
  if (view.u32(0) - (view.u32(0) & 1) !== LOG_MAGIC) return false;
  const pageSize = view.u32(8);
  if (pageSize < 512 || pageSize > MAX_PAGE_SIZE) return false;
  const frame = FRAME_HEADER + pageSize;
  for (let at = LOG_HEADER; at + frame <= bytes.length; at += frame) {
    const isOfThisLog = view.u32(at + 8) === view.u32(16) && view.u32(at + 12) === view.u32(20);
    if (!isOfThisLog) return false;
    // Of a frame that ends a transaction: the size of the database, else 0.
    if (view.u32(at + 4) !== 0) return true;
  }
  return false;
}

/** Whether a rollback journal is hot: one that is done with is removed, emptied, or has zeros for a header. */
export function isHotJournal(bytes: Uint8Array): boolean {
  return bytes.length >= 28 && journalMagic.every((byte, index) => bytes[index] === byte);
}
