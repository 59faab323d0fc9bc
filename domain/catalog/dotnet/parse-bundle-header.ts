/**
 * The header of a .NET program in a single file (dotnet/runtime, Microsoft.NET.HostModel, Bundle/Manifest.cs, and the host's
 * bundle/header.h): where its deps.json lies. The place of the header stands before a signature in the host itself.
 */
import { ByteView } from '../byte-view.ts';
import { CatalogError } from '../catalog-error.ts';

/** The SHA-256 that marks the place, one byte a character; in a host that carries nothing, the place is 0. */
export const BUNDLE_SIGNATURE = String.fromCharCode(
  ...[0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32],
  ...[0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae],
);
/** Bytes of the place, before the signature. */
export const PLACE_BYTES = 8;
/** Of .NET Core 3, whose header does not say where the deps.json is: the list of files behind it does. */
const LISTED = 1;
/** From .NET 6 on, files have the size they are packed to as well. */
const PACKED_SIZES = 6;
const versions: ReadonlySet<number> = new Set([LISTED, 2, PACKED_SIZES]);
const DEPS_JSON = 3;
const MAX_FILES = 50_000;
/** Versions and lengths of ids beyond are none: what is there is no header. */
const MAX_MAJOR = 100;
const MAX_ID = 64;

export interface FilePlace {
  /** Bytes from the beginning of the program. */
  readonly offset: number;
  readonly size: number;
}

/**
 * Where the deps.json lies; `undefined` where the program has none, or where no header is: a tool that looks for the signature
 * has it with anything before. `at` is where the header begins in `bytes`. Throws a CatalogError: TRUNCATED where `bytes` end
 * within it, UNSUPPORTED_VERSION.
 */
export function parseBundleHeader(bytes: Uint8Array, at: number): FilePlace | undefined {
  const view = new ByteView(bytes, true);
  const [major, minor, files] = [view.u32(at), view.u32(at + 4), view.u32(at + 8)];
  const isHeader = major > 0 && major < MAX_MAJOR && minor === 0 && files > 0 && files <= MAX_FILES;
  if (!isHeader || view.u8(at + 12) > MAX_ID) return undefined;
  if (!versions.has(major))
    throw new CatalogError('UNSUPPORTED_VERSION', `a program in a single file of version ${major}`);
  const id = textAt(view, at + 12);
  if (major !== LISTED) return placeAt(view, id.end);
  for (let index = 0, entry = id.end; index < files; index += 1) {
    if (view.u8(entry + 16) === DEPS_JSON) return placeAt(view, entry);
    entry = textAt(view, entry + 17).end;
  }
  return undefined;
}

function placeAt(view: ByteView, at: number): FilePlace | undefined {
  const place = { offset: view.u64(at), size: view.u64(at + 8) };
  return place.offset === 0 ? undefined : place;
}

/** A text with its length before it, in one byte or two (the host's reader, read_path_length). */
function textAt(view: ByteView, at: number): { readonly end: number } {
  const first = view.u8(at);
  if (first < 0x80) return { end: at + 1 + first };
  return { end: at + 2 + (first & 0x7f) + 128 * view.u8(at + 1) };
}
