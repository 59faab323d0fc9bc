/**
 * Where a Go program keeps its build information (debug/buildinfo, buildinfo.go): a mark on a boundary of 16 bytes, then
 * since Go 1.18 two texts with their lengths, before it two addresses of texts.
 */
import type { BinaryWindow } from '../binary-cataloger.ts';
import { ByteView } from '../byte-view.ts';
import { CatalogError } from '../catalog-error.ts';
import { ElfFile } from '../elf-file.ts';

export const MARK = '\xff Go buildinf:';
const ALIGNMENT = 16;
const HEADER = 32;
const BIG_ENDIAN = 1;
const INLINE = 2;
const MOST_FLAGS = BIG_ENDIAN | INLINE;
const MAX_VERSION = 200;
const MAX_INFO = 4 * 1024 * 1024;

/** Put around the text of modules, so that it is found whatever points at it (cmd/go, modload.ModInfoData). */
const INFO_START = '\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6';
const INFO_END = '\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2';

export interface BuildInfo {
  readonly goVersion?: string;
  /** Without its marks; absent where the program was built without modules. */
  readonly modules?: string;
}

/**
 * Whether the mark at `at` of the window begins what a linker writes: programs that look for it have it as a constant, seldom
 * on the boundary, and with other text behind it.
 */
export function isHeader({ bytes, offset }: BinaryWindow, at: number): boolean {
  const [size, flags] = [bytes[at + 14], bytes[at + 15]];
  return (offset + at) % ALIGNMENT === 0 && (size === 4 || size === 8) && flags !== undefined && flags <= MOST_FLAGS;
}

/**
 * `undefined` where the mark at `at` of the window begins no build information of the inline form.
 * Throws a CatalogError (TRUNCATED) where the window ends within it.
 */
export function readInline({ bytes, offset }: BinaryWindow, at: number): BuildInfo | undefined {
  if ((offset + at) % ALIGNMENT !== 0 || at + HEADER > bytes.length) return undefined;
  const view = new ByteView(bytes, true);
  if ((view.u8(at + 15) & INLINE) === 0) return undefined;
  const version = readText(view, at + HEADER, MAX_VERSION);
  if (version === undefined || !isGoVersion(version.text)) return undefined;
  const info = readText(view, version.end, MAX_INFO);
  if (info === undefined) throw new CatalogError('TOO_MANY', `build information of more than ${MAX_INFO} bytes`);
  const modules = withoutMarks(info.bytes);
  return { goVersion: version.text, ...(modules === undefined ? {} : { modules }) };
}

/** Whether a header is of the form before Go 1.18. */
export function isPointed({ bytes }: BinaryWindow, at: number): boolean {
  return ((bytes[at + 15] ?? 0) & INLINE) === 0;
}

/** The form before Go 1.18, whose texts are behind addresses. Of a whole ELF file; `undefined` where they lead nowhere. */
export function readPointed(bytes: Uint8Array, at: number): BuildInfo | undefined {
  const elf = new ElfFile(bytes);
  const bigEndian = (elf.view.u8(at + 15) & BIG_ENDIAN) !== 0;
  const size = elf.view.u8(at + 14);
  if (size !== 4 && size !== 8) return undefined;
  const view = new ByteView(bytes, !bigEndian);
  const pointer = (place: number): number => (size === 8 ? view.u64(place) : view.u32(place));
  const text = (place: number): Uint8Array | undefined => {
    const header = elf.offsetOf(pointer(place));
    if (header === undefined) return undefined;
    const start = elf.offsetOf(pointer(header));
    const length = pointer(header + size);
    return start === undefined || length > MAX_INFO ? undefined : view.slice(start, length);
  };
  const version = text(at + ALIGNMENT);
  if (version === undefined) return undefined;
  const goVersion = asText(version);
  if (!isGoVersion(goVersion)) return undefined;
  const modules = withoutMarks(text(at + ALIGNMENT + size) ?? new Uint8Array());
  return { goVersion, ...(modules === undefined ? {} : { modules }) };
}

/** The text of modules wherever it stands, for programs too large to follow addresses in. */
export function findModules(window: BinaryWindow): string | undefined {
  const start = window.indexOf(INFO_START);
  if (start < 0) return undefined;
  const end = window.indexOf(INFO_END, start);
  if (end < 0 || end - start > MAX_INFO) return undefined;
  return asText(window.bytes.subarray(start + INFO_START.length, end));
}

function isGoVersion(text: string): boolean {
  return /^(?:go\d|devel )/.test(text);
}

const utf8 = new TextDecoder();

function asText(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** As debug/buildinfo does: sixteen bytes before and behind, of which the text's last newline stands in front. */
function withoutMarks(bytes: Uint8Array): string | undefined {
  if (bytes.length < 33 || bytes[bytes.length - 17] !== 0x0a) return undefined;
  return asText(bytes.subarray(16, -16));
}

/** A length as encoding/binary writes it (Uvarint), and as many bytes. `undefined` for more than `most`. */
function readText(
  view: ByteView,
  at: number,
  most: number,
): { readonly bytes: Uint8Array; readonly text: string; readonly end: number } | undefined {
  let length = 0;
  for (let index = 0, scale = 1; ; index += 1, scale *= 128) {
    const byte = view.u8(at + index);
    length += (byte & 0x7f) * scale;
    if (length > most || index > 4) return undefined;
    if (byte < 0x80) {
      const start = at + index + 1;
      const bytes = view.slice(start, length);
      return { bytes, text: length > MAX_VERSION ? '' : asText(bytes), end: start + length };
    }
  }
}
