/** Places in an ELF file (System V ABI, chapters 4 and 5): sections by name, and what an address is filled from. */
import { ByteView } from './byte-view.ts';
import { CatalogError } from './catalog-error.ts';

const LOADED = 1;
/** Sections of this type have no bytes in the file. */
const NO_BITS = 8;
/** SHN_UNDEF: of the section of names, that there is none. */
const UNDEFINED_INDEX = 0;

export class ElfFile {
  readonly view: ByteView;
  readonly #wide: boolean;

  /** Of the whole file. Throws a CatalogError where it is no ELF file. */
  constructor(bytes: Uint8Array) {
    if (bytes.length < 52 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46)
      throw new CatalogError('UNEXPECTED_SHAPE', 'not an ELF file');
    this.#wide = bytes[4] === 2;
    this.view = new ByteView(bytes, bytes[5] !== 2);
  }

  get pointerSize(): 4 | 8 {
    return this.#wide ? 8 : 4;
  }

  pointer(at: number): number {
    return this.#wide ? this.view.u64(at) : this.view.u32(at);
  }

  /** False where its sections are left out, or their names: what runs a program needs neither. */
  get namesSections(): boolean {
    const [count, names] = this.#wide ? [60, 62] : [48, 50];
    return this.view.u16(count) > 0 && this.view.u16(names) !== UNDEFINED_INDEX;
  }

  /** The bytes of a section, if there is one of that name with bytes in the file. Throws a CatalogError where headers lie. */
  section(name: string): Uint8Array | undefined {
    if (!this.namesSections) return undefined;
    const [table, size, count, names, least] = this.#wide ? [40, 58, 60, 62, 64] : [32, 46, 48, 50, 40];
    if (this.view.u16(size) < least) throw new CatalogError('UNEXPECTED_SHAPE', 'an ELF file with headers cut short');
    const headers = this.#headers(this.pointer(table), this.view.u16(size), this.view.u16(count));
    const nameHeader = headers[this.view.u16(names)];
    if (nameHeader === undefined)
      throw new CatalogError('TRUNCATED', 'an ELF file that names a section behind its last one');
    const texts = this.#sectionBytes(nameHeader);
    const wanted = new TextEncoder().encode(`${name}\0`);
    for (const header of headers) {
      const at = this.view.u32(header);
      const isIt = wanted.every((byte, index) => texts[at + index] === byte);
      if (isIt && this.view.u32(header + 4) !== NO_BITS) return this.#sectionBytes(header);
    }
    return undefined;
  }

  /** Where in the file the byte at this address comes from. */
  offsetOf(address: number): number | undefined {
    const [table, size, count] = this.#wide ? [32, 54, 56] : [28, 42, 44];
    for (const header of this.#headers(this.pointer(table), this.view.u16(size), this.view.u16(count))) {
      if (this.view.u32(header) !== LOADED) continue;
      const [offset, start, length] = (this.#wide ? [8, 16, 32] : [4, 8, 16]).map((at) => this.pointer(header + at));
      if (offset === undefined || start === undefined || length === undefined) continue;
      if (address >= start && address < start + length) return offset + (address - start);
    }
    return undefined;
  }

  #headers(table: number, size: number, count: number): number[] {
    return Array.from({ length: count }, (_, index) => table + index * size);
  }

  #sectionBytes(header: number): Uint8Array {
    const [offset, size] = this.#wide ? [24, 32] : [16, 20];
    return this.view.slice(this.pointer(header + offset), this.pointer(header + size));
  }
}
