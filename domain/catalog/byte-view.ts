import { CatalogError } from './catalog-error.ts';

/** Reads numbers of a binary format, every place checked: what lies outside is a CatalogError (TRUNCATED), no RangeError. */
export class ByteView {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
  }

  u8(at: number): number {
    this.#check(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    this.#check(at, 2);
    return this.#view.getUint16(at, this.#littleEndian);
  }

  u32(at: number): number {
    this.#check(at, 4);
    return this.#view.getUint32(at, this.#littleEndian);
  }

  /** As a number: above 2^53 no place in a file is meant, and the exact value is not needed. */
  u64(at: number): number {
    this.#check(at, 8);
    return Number(this.#view.getBigUint64(at, this.#littleEndian));
  }

  slice(at: number, length: number): Uint8Array {
    this.#check(at, length);
    return this.bytes.subarray(at, at + length);
  }

  #check(at: number, length: number): void {
    if (!(at >= 0 && length >= 0 && at + length <= this.bytes.length))
      throw new CatalogError('TRUNCATED', 'a place it names lies outside of it');
  }
}
