/**
 * The header blobs of rpm's own "ndb" database, Packages.db (rpm, lib/backend/ndb/rpmpkg.c): a page of slots, each of
 * which names a blob by its place in blocks of 16 bytes.
 */
import { ByteView } from '../byte-view.ts';
import { CatalogError } from '../catalog-error.ts';

const HEADER_MAGIC = 0x506d7052; // "RpmP"
const SLOT_MAGIC = 0x746f6c53; // "Slot"
const BLOB_MAGIC = 0x53626c42; // "BlbS"
const VERSION = 0;
const PAGE = 4096;
const SLOT = 16;
const BLOCK = 16;
/** Two slots' room at the beginning is the header's. */
const FIRST_SLOT = 32;

export function isNdb(bytes: Uint8Array): boolean {
  return bytes.length >= FIRST_SLOT && new ByteView(bytes, true).u32(0) === HEADER_MAGIC;
}

/** Throws a CatalogError where the file is broken. */
export function* readNdbBlobs(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new ByteView(bytes, true);
  if (view.u32(4) !== VERSION)
    throw new CatalogError('UNSUPPORTED_VERSION', `an ndb database of version ${view.u32(4)}`);
  const slotsEnd = view.u32(12) * PAGE;
  if (slotsEnd > bytes.length) throw new CatalogError('TRUNCATED', 'the database ends before its list of packages');
  for (let at = FIRST_SLOT; at + SLOT <= slotsEnd; at += SLOT) {
    if (view.u32(at) !== SLOT_MAGIC) throw new CatalogError('UNEXPECTED_SHAPE', 'a slot without its mark');
    const index = view.u32(at + 4);
    // Slots that are free have no package's number.
    if (index === 0) continue;
    const place = view.u32(at + 8) * BLOCK;
    if (view.u32(place) !== BLOB_MAGIC || view.u32(place + 4) !== index)
      throw new CatalogError('UNEXPECTED_SHAPE', 'a slot that leads to no package of its number');
    yield view.slice(place + 16, view.u32(place + 12));
  }
}
