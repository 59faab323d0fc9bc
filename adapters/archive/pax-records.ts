import { ArchiveError } from './archive-error.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const ZERO = 0x30;
/** Of GNU's sparse format 0.0, which repeats them: joined to the map of 0.1. */
const SPARSE_PART = /^GNU\.sparse\.(?:offset|numbytes)$/;

/**
 * The records of a pax extended header (POSIX.1-2001, "pax Extended Header"): `length keyword=value\n`, where the length
 * counts all of that, in decimal. The last of one keyword holds. Throws an ArchiveError (ARCHIVE_CORRUPT).
 */
export function parsePaxRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  const map: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    // Some writers fill the block up.
    if (bytes[at] === 0) break;
    const { length, start } = recordLength(bytes, at);
    const end = at + length;
    const equals = bytes.indexOf('=', start);
    if (end > bytes.length || start >= end || bytes[end - 1] !== NEWLINE || equals < 0 || equals >= end)
      throw corrupt();
    const keyword = bytes.toString('utf8', start, equals);
    const value = bytes.toString('utf8', equals + 1, end - 1);
    if (SPARSE_PART.test(keyword)) map.push(value);
    else records.set(keyword, value);
    at = end;
  }
  if (map.length > 0) records.set('GNU.sparse.map', map.join(','));
  return records;
}

function recordLength(bytes: Buffer, at: number): { length: number; start: number } {
  let length = 0;
  for (let index = at; index < at + 10; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === SPACE && index > at) return { length, start: index + 1 };
    if (byte < ZERO || byte > ZERO + 9) break;
    length = length * 10 + (byte - ZERO);
  }
  throw corrupt();
}

/** A record that is a count of bytes; `undefined` where there is none. Throws an ArchiveError (ARCHIVE_CORRUPT). */
export function paxNumber(records: ReadonlyMap<string, string>, keyword: string): number | undefined {
  const text = records.get(keyword);
  if (text === undefined || text === '') return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw corrupt();
  return value;
}

function corrupt(): ArchiveError {
  return new ArchiveError('ARCHIVE_CORRUPT', 'a tar archive with a damaged extended header');
}
