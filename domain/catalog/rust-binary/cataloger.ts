import type { BinaryCataloger, BinaryScan, BinaryWindow, Executable } from '../binary-cataloger.ts';
import { CatalogError } from '../catalog-error.ts';
import { decodeJson } from '../decode-text.ts';
import { ElfFile } from '../elf-file.ts';
import type { FoundComponent } from '../layer-findings.ts';
import { inflateStart, inflateZlib } from './inflate.ts';
import { parseAuditData } from './parse-audit-data.ts';

const SECTION = '.dep-v0';
/** What the data begins with, once it is inflated. */
const BEGINNING = '{"packages":';
const MAX_DATA = 8 * 1024 * 1024;
/** Headers of a zlib stream, by its four levels of compression (RFC 1950, 2.2). */
const streamHeaders = ['\x78\x01', '\x78\x5e', '\x78\x9c', '\x78\xda'];

/** Rust programs built with cargo-auditable, and by default since Rust's distributions took it up. */
export const rustBinaryCataloger: BinaryCataloger = {
  name: 'rust-binary',
  open: (file) => (file.format === 'other' ? undefined : new RustBinaryScan(file)),
};

class RustBinaryScan implements BinaryScan {
  readonly #file: Executable;
  #data: Uint8Array | undefined;
  #isRust = false;

  constructor(file: Executable) {
    this.#file = file;
  }

  window(window: BinaryWindow): 'more' | 'enough' {
    const { bytes } = window;
    const isWhole = bytes.length === this.#file.size;
    if (isWhole && this.#file.format === 'elf') {
      this.#data = findInElf(window);
      return 'enough';
    }
    if (isWhole && window.indexOf(SECTION) < 0) return 'enough';
    // The name of the section stands at the end of a large program, the data before it: it is known by what it is.
    this.#isRust ||= isWhole || window.indexOf('/rustc/') >= 0;
    this.#data = this.#isRust ? findData(window) : undefined;
    return this.#data === undefined ? 'more' : 'enough';
  }

  finish(): readonly FoundComponent[] {
    return this.#data === undefined ? [] : parseAuditData(decodeJson(this.#data));
  }
}

/**
 * By the headers; where they lie, or are left out, by what the data is. Lying headers are an error, whatever the program is made
 * of: no tool that makes programs writes them.
 */
function findInElf(window: BinaryWindow): Uint8Array | undefined {
  let lie: CatalogError | undefined;
  let section: Uint8Array | undefined;
  try {
    const elf = new ElfFile(window.bytes);
    section = elf.section(SECTION);
    if (section === undefined && elf.namesSections) return undefined;
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    lie = error;
  }
  if (section !== undefined) return inflateZlib(section, MAX_DATA);
  const data = window.indexOf(SECTION) < 0 ? undefined : findData(window);
  if (data === undefined && lie !== undefined) throw lie;
  return data;
}

function findData(window: BinaryWindow): Uint8Array | undefined {
  for (const header of streamHeaders) {
    for (let at = window.indexOf(header); at >= 0; at = window.indexOf(header, at + 1)) {
      if (mayBegin(window.bytes, at) && beginsRight(window.bytes.subarray(at)))
        return inflateZlib(window.bytes.subarray(at), MAX_DATA);
    }
  }
  return undefined;
}

/**
 * Whether the kind of the first block, and of a stored one the length, are such as there are (RFC 1951, 3.2.3 and 3.2.4). Of
 * the thousands of places in a large program that look like a header, this leaves few to inflate.
 */
function mayBegin(bytes: Uint8Array, at: number): boolean {
  const byte = (index: number): number => bytes[at + index] ?? 0;
  const kind = (byte(2) >> 1) & 3;
  return kind === 0 ? (byte(3) ^ byte(5)) === 0xff && (byte(4) ^ byte(6)) === 0xff : kind < 3;
}

function beginsRight(stream: Uint8Array): boolean {
  try {
    return new TextDecoder().decode(inflateStart(stream, BEGINNING.length)) === BEGINNING;
  } catch (error) {
    if (error instanceof CatalogError) return false;
    throw error;
  }
}
