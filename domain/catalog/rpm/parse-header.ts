/**
 * One package's header as rpm's database keeps it: a count of index entries, the length of the data, the index, the
 * data; all big-endian (rpm, docs/manual/format_header.md, without the magic of package files).
 */
import { ByteView } from '../byte-view.ts';
import { CatalogError } from '../catalog-error.ts';

/** Numbers of the tags that are read (rpm, include/rpm/rpmtag.h). */
const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  licence: 1014,
  arch: 1022,
  sourceRpm: 1044,
  provides: 1047,
  requires: 1049,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
} as const;

const INT32 = 4;
const STRING = 6;
const STRING_ARRAY = 8;
const I18N_STRING = 9;
const MAX_ENTRIES = 65_536;
const MAX_ITEMS = 1_000_000;

export interface RpmHeader {
  readonly name: string;
  readonly version: string;
  readonly release: string;
  readonly epoch?: number;
  readonly vendor?: string;
  readonly licence?: string;
  readonly arch?: string;
  readonly sourceRpm?: string;
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  /** Paths from the root, without the first slash. */
  readonly files: () => Generator<string>;
}

/** Throws a CatalogError where the header is broken, or has no name, version and release. */
export function parseHeader(bytes: Uint8Array): RpmHeader {
  const view = new ByteView(bytes, false);
  const [entries, length] = [view.u32(0), view.u32(4)];
  if (entries > MAX_ENTRIES) throw new CatalogError('TOO_MANY', `a header of more than ${MAX_ENTRIES} entries`);
  const data = new ByteView(view.slice(8 + 16 * entries, length), false);
  const index = new Map<number, { type: number; offset: number; count: number }>();
  for (let at = 8; at < 8 + 16 * entries; at += 16)
    index.set(view.u32(at), { type: view.u32(at + 4), offset: view.u32(at + 8), count: view.u32(at + 12) });

  const strings = (tag: number): string[] => {
    const entry = index.get(tag);
    if (entry === undefined) return [];
    if (entry.type !== STRING && entry.type !== STRING_ARRAY && entry.type !== I18N_STRING)
      throw new CatalogError('UNEXPECTED_SHAPE', 'a header whose texts are none');
    return readStrings(data, entry.offset, entry.type === STRING ? 1 : entry.count);
  };
  const numbers = (tag: number): number[] => {
    const entry = index.get(tag);
    if (entry === undefined) return [];
    if (entry.type !== INT32 || entry.count > MAX_ITEMS)
      throw new CatalogError('UNEXPECTED_SHAPE', 'a header whose numbers are none');
    return Array.from({ length: entry.count }, (_, at) => data.u32(entry.offset + 4 * at));
  };
  const text = (tag: number): string | undefined => strings(tag)[0] || undefined;

  const [name, version, release] = [text(tags.name), text(tags.version), text(tags.release)];
  if (name === undefined || version === undefined || release === undefined)
    throw new CatalogError('UNEXPECTED_SHAPE', 'a header without name, version and release');
  const [epoch] = numbers(tags.epoch);
  const [vendor, licence, arch, sourceRpm] = [tags.vendor, tags.licence, tags.arch, tags.sourceRpm].map(text);
  return {
    name,
    version,
    release,
    ...(epoch === undefined ? {} : { epoch }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(licence === undefined ? {} : { licence }),
    ...(arch === undefined ? {} : { arch }),
    ...(sourceRpm === undefined ? {} : { sourceRpm }),
    provides: strings(tags.provides),
    requires: strings(tags.requires),
    files: () => listFiles(strings(tags.dirNames), strings(tags.baseNames), numbers(tags.dirIndexes)),
  };
}

const utf8 = new TextDecoder();

/** `count` texts, one behind the other, each ended by a zero. */
function readStrings(data: ByteView, offset: number, count: number): string[] {
  if (count > MAX_ITEMS) throw new CatalogError('TOO_MANY', `a header of more than ${MAX_ITEMS} texts`);
  const found: string[] = [];
  let at = offset;
  for (let index = 0; index < count; index += 1) {
    const end = data.bytes.indexOf(0, at);
    if (end < 0) throw new CatalogError('TRUNCATED', 'a header that ends within a text');
    found.push(utf8.decode(data.bytes.subarray(at, end)));
    at = end + 1;
  }
  return found;
}

function* listFiles(
  folders: readonly string[],
  names: readonly string[],
  indexes: readonly number[],
): Generator<string> {
  for (const [at, name] of names.entries()) {
    const folder = folders[indexes[at] ?? -1];
    if (folder !== undefined) yield `${folder}${name}`.replace(/^\/+/, '');
  }
}
