/**
 * The rows of one table of an SQLite database, read from its bytes (https://www.sqlite.org/fileformat2.html). Small on
 * purpose: table b-trees and overflow pages, no indexes, no SQL, nothing that a hostile file could make it run.
 */
import { ByteView } from '../byte-view.ts';
import { CatalogError } from '../catalog-error.ts';

/** A column: bytes for texts and blobs, `undefined` for NULL. */
export type SqliteColumn = Uint8Array | number | undefined;

const MAGIC = 'SQLite format 3\0';
const INTERIOR = 5;
const LEAF = 13;
const MAX_DEPTH = 40;
const MAX_COLUMNS = 100;

export function isSqlite(bytes: Uint8Array): boolean {
  return bytes.length >= 100 && new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length)) === MAGIC;
}

/** In the order of their row ids. Throws a CatalogError where the file is broken, lies, or has no such table. */
export function* readSqliteTable(bytes: Uint8Array, table: string): Generator<readonly SqliteColumn[]> {
  const file = openFile(bytes);
  // The schema is a table like others, rooted in page 1: type, name, tbl_name, rootpage, sql.
  for (const [type, name, , root] of readTree(file, 1)) {
    if (asText(type) !== 'table' || asText(name) !== table) continue;
    if (typeof root !== 'number') break;
    yield* readTree(file, root);
    return;
  }
  throw new CatalogError('UNEXPECTED_SHAPE', `a database without a table "${table}"`);
}

interface SqliteFile {
  readonly view: ByteView;
  readonly pageSize: number;
  /** Bytes of a page that hold content. */
  readonly usable: number;
}

function openFile(bytes: Uint8Array): SqliteFile {
  if (!isSqlite(bytes)) throw new CatalogError('UNEXPECTED_SHAPE', 'not an SQLite database');
  const view = new ByteView(bytes, false);
  const stored = view.u16(16);
  const pageSize = stored === 1 ? 65_536 : stored;
  const usable = pageSize - view.u8(20);
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0 || usable < 480)
    throw new CatalogError('UNEXPECTED_SHAPE', 'a database with pages of a size SQLite does not have');
  // The page count is good only where the two change counters agree (1.3.7, "In-header database size").
  if (view.u32(24) === view.u32(92) && view.u32(28) * pageSize > bytes.length)
    throw new CatalogError('TRUNCATED', 'the database ends before its last page');
  return { view, pageSize, usable };
}

/** Every page is visited once at most: a tree that is none ends. */
function* readTree(file: SqliteFile, root: number): Generator<readonly SqliteColumn[]> {
  const visited = new Set<number>();
  const pending = [{ page: root, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.depth > MAX_DEPTH) throw new CatalogError('TOO_MANY', 'a table nested too deeply');
    const start = pageStart(file, next.page, visited);
    const header = next.page === 1 ? start + 100 : start;
    const type = file.view.u8(header);
    const cells = file.view.u16(header + 3);
    if (type !== INTERIOR && type !== LEAF)
      throw new CatalogError('UNEXPECTED_SHAPE', 'a page of a table that is none of a table');
    const pointers = header + (type === INTERIOR ? 12 : 8);
    const places = Array.from({ length: cells }, (_, index) => start + file.view.u16(pointers + 2 * index));
    if (type === LEAF) {
      for (const place of places) yield readRecord(readPayload(file, place, visited));
      continue;
    }
    const children = [...places.map((place) => file.view.u32(place)), file.view.u32(header + 8)];
    for (const page of children.toReversed()) pending.push({ page, depth: next.depth + 1 });
  }
}

function pageStart(file: SqliteFile, page: number, visited: Set<number>): number {
  if (page < 1 || page * file.pageSize > file.view.bytes.length)
    throw new CatalogError('TRUNCATED', 'a page it names lies outside of it');
  if (visited.has(page)) throw new CatalogError('UNEXPECTED_SHAPE', 'a page that is used twice');
  visited.add(page);
  return (page - 1) * file.pageSize;
}

/** 1.6, "B-tree Pages": how much of a payload stands in its cell, and how much in a chain of overflow pages. */
function readPayload(file: SqliteFile, place: number, visited: Set<number>): Uint8Array {
  const { view, usable } = file;
  const size = varint(view, place);
  const rowid = varint(view, size.end);
  const length = size.value;
  if (length > view.bytes.length) throw new CatalogError('TRUNCATED', 'a row longer than the database');
  const most = usable - 35;
  if (length <= most) return view.slice(rowid.end, length);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  const local = fitting <= most ? fitting : least;
  const payload = new Uint8Array(length);
  payload.set(view.slice(rowid.end, local));
  let page = view.u32(rowid.end + local);
  for (let filled = local; filled < length; ) {
    const start = pageStart(file, page, visited);
    const part = view.slice(start + 4, Math.min(usable - 4, length - filled));
    payload.set(part, filled);
    filled += part.length;
    page = view.u32(start);
  }
  return payload;
}

/** 2.1, "Record Format". */
function readRecord(payload: Uint8Array): SqliteColumn[] {
  const view = new ByteView(payload, false);
  const header = varint(view, 0);
  const columns: SqliteColumn[] = [];
  let place = header.value;
  for (let at = header.end; at < header.value; ) {
    const serial = varint(view, at);
    at = serial.end;
    const { value, length } = readColumn(view, place, serial.value);
    columns.push(value);
    place += length;
    if (columns.length > MAX_COLUMNS) throw new CatalogError('TOO_MANY', `more than ${MAX_COLUMNS} columns`);
  }
  return columns;
}

const integerBytes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function readColumn(view: ByteView, at: number, serial: number): { value: SqliteColumn; length: number } {
  if (serial >= 12) {
    const length = Math.floor((serial - 12) / 2);
    return { value: view.slice(at, length), length };
  }
  const length = integerBytes[serial];
  if (length === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'a column of a type SQLite does not have');
  if (serial === 0) return { value: undefined, length };
  // Types 8 and 9 are the numbers 0 and 1 themselves; negative and floating numbers are asked for by nobody here.
  if (length === 0) return { value: serial - 8, length };
  return { value: view.slice(at, length).reduce((sum, byte) => sum * 256 + byte, 0), length };
}

/** 1.6: at most nine bytes, seven bits each, the ninth whole. */
function varint(view: ByteView, at: number): { value: number; end: number } {
  let value = 0;
  for (let index = 0; index < 8; index += 1) {
    const byte = view.u8(at + index);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return { value: value * 256 + view.u8(at + 8), end: at + 9 };
}

function asText(column: SqliteColumn): string | undefined {
  return column instanceof Uint8Array ? new TextDecoder().decode(column) : undefined;
}
