/** Files with holes: which bytes of the archive stand where in the file (GNU tar manual, "Storing Sparse Files"). */
import { ArchiveError } from './archive-error.ts';
import { paxNumber } from './pax-records.ts';
import { BLOCK_BYTES, tarNumber } from './tar-header.ts';

/** Bytes that are there; between them is nothing but zeros. */
export interface SparsePart {
  readonly offset: number;
  readonly length: number;
}

export interface SparseMap {
  /** Bytes of the file, holes included. */
  readonly realSize: number;
  readonly parts: readonly SparsePart[];
}

/** Real files have some hundreds; a map is kept whole. */
export const MAX_PARTS = 65_536;
const PART_BYTES = 24;

/** Of GNU's old header: four parts from byte 386, the real size at 483. */
export function oldSparseParts(block: Buffer, at: number, count: number): SparsePart[] {
  const parts: SparsePart[] = [];
  for (let index = 0; index < count; index += 1) {
    const place = at + index * PART_BYTES;
    if (block[place] === 0) break;
    parts.push({ offset: tarNumber(block, place, 12), length: tarNumber(block, place + 12, 12) });
  }
  return parts;
}

/** pax formats 0.0 and 0.1 keep the map in the records: `offset,length,offset,length`. `undefined` where there is none. */
export function paxSparseMap(records: ReadonlyMap<string, string>): SparseMap | undefined {
  const text = records.get('GNU.sparse.map');
  if (text === undefined) return undefined;
  const numbers = text === '' ? [] : text.split(',').map(Number);
  return { realSize: realSizeOf(records) ?? 0, parts: pairUp(numbers) };
}

export function realSizeOf(records: ReadonlyMap<string, string>): number | undefined {
  return paxNumber(records, 'GNU.sparse.realsize') ?? paxNumber(records, 'GNU.sparse.size');
}

/**
 * pax format 1.0 has the map before the content: numbers in decimal, each on a line, the count of parts first, filled up
 * to a block. `undefined` where `head` (whole blocks) does not hold all of it yet.
 */
export function leadingSparseParts(head: Buffer): { parts: SparsePart[]; bytes: number } | undefined {
  const text = head.toString('latin1');
  const first = text.indexOf('\n');
  if (first < 0) return undefined;
  const count = Number(text.slice(0, first));
  if (!Number.isInteger(count) || count < 0 || count > MAX_PARTS) throw corruptSparse();
  const lines: number[] = [];
  let at = first + 1;
  while (lines.length < count * 2) {
    const end = text.indexOf('\n', at);
    if (end < 0) return undefined;
    lines.push(Number(text.slice(at, end)));
    at = end + 1;
  }
  return { parts: pairUp(lines), bytes: Math.ceil(at / BLOCK_BYTES) * BLOCK_BYTES };
}

function pairUp(numbers: readonly number[]): SparsePart[] {
  if (numbers.length % 2 !== 0 || numbers.length > MAX_PARTS * 2) throw corruptSparse();
  const parts: SparsePart[] = [];
  for (let index = 0; index < numbers.length; index += 2)
    parts.push({ offset: numbers[index] ?? 0, length: numbers[index + 1] ?? 0 });
  return parts;
}

/** Parts in order, apart, inside the file, and together what the archive holds. Throws an ArchiveError. */
export function checkSparseMap({ realSize, parts }: SparseMap, storedBytes: number): void {
  let end = 0;
  let stored = 0;
  for (const { offset, length } of parts) {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || length < 0 || offset < end)
      throw corruptSparse();
    end = offset + length;
    stored += length;
  }
  if (end > realSize || stored !== storedBytes) throw corruptSparse();
}

export function corruptSparse(): ArchiveError {
  return new ArchiveError('ARCHIVE_CORRUPT', 'a sparse file whose map does not fit it');
}
