/**
 * The values of a Berkeley DB hash database, in which rpm before 4.16 keeps its headers (Packages; db-5.3,
 * src/dbinc/db_page.h). Either byte order; values on the page itself or in a chain of overflow pages.
 */
import { ByteView } from '../byte-view.ts';
import { CatalogError } from '../catalog-error.ts';

const HASH_MAGIC = 0x061561;
const PAGE_HEADER = 26;
const UNSORTED_HASH = 2;
const OVERFLOW = 7;
const HASH = 13;
/** Kinds of an item on a hash page. */
const KEY_DATA = 1;
const OFF_PAGE = 3;

/** `undefined` where it is no such database. */
function openBdb(bytes: Uint8Array): ByteView | undefined {
  if (bytes.length < 512) return undefined;
  return [true, false].map((order) => new ByteView(bytes, order)).find((view) => view.u32(12) === HASH_MAGIC);
}

export function isBdb(bytes: Uint8Array): boolean {
  return openBdb(bytes) !== undefined;
}

/** Throws a CatalogError where the file is broken. */
export function* readBdbValues(bytes: Uint8Array): Generator<Uint8Array> {
  const view = openBdb(bytes);
  if (view === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'not a Berkeley DB hash database');
  const pageSize = view.u32(20);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    throw new CatalogError('UNEXPECTED_SHAPE', 'a database with pages of a size Berkeley DB does not have');
  if (view.u8(24) !== 0) throw new CatalogError('UNEXPECTED_SHAPE', 'an encrypted database');
  const pages = view.u32(32) + 1;
  if (pages * pageSize > bytes.length) throw new CatalogError('TRUNCATED', 'the database ends before its last page');
  const visited = new Set<number>();
  for (let page = 1; page < pages; page += 1) {
    const start = page * pageSize;
    const type = view.u8(start + 25);
    if (type !== HASH && type !== UNSORTED_HASH) continue;
    // Items come in pairs, key and value; their places stand behind the page's header.
    const items = view.u16(start + 20);
    for (let index = 1; index < items; index += 2) {
      const place = view.u16(start + PAGE_HEADER + 2 * index);
      const above = view.u16(start + PAGE_HEADER + 2 * (index - 1));
      if (place >= pageSize || above > pageSize || above < place)
        throw new CatalogError('UNEXPECTED_SHAPE', 'an item outside of its page');
      const kind = view.u8(start + place);
      if (kind === KEY_DATA) yield view.slice(start + place + 1, above - place - 1);
      else if (kind === OFF_PAGE)
        yield readOverflow(
          view,
          pageSize,
          { page: view.u32(start + place + 4), length: view.u32(start + place + 8) },
          visited,
        );
      else throw new CatalogError('UNEXPECTED_SHAPE', 'a value that is stored as rpm does not store it');
    }
  }
}

function readOverflow(
  view: ByteView,
  pageSize: number,
  chain: { readonly page: number; readonly length: number },
  visited: Set<number>,
): Uint8Array {
  if (chain.length > view.bytes.length) throw new CatalogError('TRUNCATED', 'a value longer than the database');
  const value = new Uint8Array(chain.length);
  let filled = 0;
  for (let page = chain.page; filled < chain.length; page = view.u32(page * pageSize + 16)) {
    const start = page * pageSize;
    if (page === 0 || visited.has(page) || view.u8(start + 25) !== OVERFLOW)
      throw new CatalogError('UNEXPECTED_SHAPE', 'a value whose pages do not follow each other');
    visited.add(page);
    // The place of free room counts, on overflow pages, the bytes in use.
    const used = Math.min(view.u16(start + 22), pageSize - PAGE_HEADER, chain.length - filled);
    value.set(view.slice(start + PAGE_HEADER, used), filled);
    if (used === 0) throw new CatalogError('UNEXPECTED_SHAPE', 'an empty page within a value');
    filled += used;
  }
  return value;
}
