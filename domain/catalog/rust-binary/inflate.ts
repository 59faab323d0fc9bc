/**
 * A zlib stream (RFC 1950) of deflated data (RFC 1951) back to its bytes, for small texts inside programs: no faster than
 * it is short, and never more than `most` bytes out of it.
 */
import { CatalogError } from '../catalog-error.ts';

const MAX_BITS = 15;
const END_OF_BLOCK = 256;
const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12_289, 16_385, 24_577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** RFC 1951, 3.2.7: the order in which the lengths of the code of lengths are written. */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** How many codes there are of each length, and their symbols in order of code (RFC 1951, 3.2.2). */
interface HuffmanCode {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/** Throws a CatalogError (UNEXPECTED_SHAPE, TRUNCATED, TOO_MANY). What stands behind the stream is left alone. */
export function inflateZlib(bytes: Uint8Array, most: number): Uint8Array {
  return openZlib(bytes, most).read();
}

/** The first `length` bytes of what a stream holds, or all of a shorter one. Throws as `inflateZlib` does. */
export function inflateStart(bytes: Uint8Array, length: number): Uint8Array {
  const stream = openZlib(bytes, length);
  try {
    return stream.read();
  } catch (error) {
    if (error instanceof CatalogError && error.code === 'TOO_MANY') return stream.inflated();
    throw error;
  }
}

function openZlib(bytes: Uint8Array, most: number): DeflateStream {
  const [method, flags] = [bytes[0] ?? 0, bytes[1] ?? 0];
  if ((method & 15) !== 8 || (method * 256 + flags) % 31 !== 0 || (flags & 32) !== 0)
    throw new CatalogError('UNEXPECTED_SHAPE', 'not a zlib stream');
  return new DeflateStream(bytes.subarray(2), most);
}

class DeflateStream {
  readonly #bytes: Uint8Array;
  readonly #most: number;
  #at = 0;
  #bits = 0;
  #held = 0;
  #out: Uint8Array;
  #length = 0;

  constructor(bytes: Uint8Array, most: number) {
    this.#bytes = bytes;
    this.#most = most;
    this.#out = new Uint8Array(Math.min(most, 65_536));
  }

  read(): Uint8Array {
    for (let last = 0; last === 0; ) {
      last = this.#take(1);
      const kind = this.#take(2);
      if (kind === 0) this.#stored();
      else if (kind === 1) this.#coded(fixedLengths, fixedDistances);
      else if (kind === 2) this.#coded(...this.#readCodes());
      else throw new CatalogError('UNEXPECTED_SHAPE', 'a deflated block of no kind there is');
    }
    return this.inflated();
  }

  inflated(): Uint8Array {
    return this.#out.subarray(0, this.#length);
  }

  #take(count: number): number {
    while (this.#held < count) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new CatalogError('TRUNCATED', 'deflated data that ends too early');
      this.#at += 1;
      this.#bits |= byte << this.#held;
      this.#held += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#held -= count;
    return value;
  }

  #put(byte: number): void {
    if (this.#length >= this.#most)
      throw new CatalogError('TOO_MANY', `deflated data of more than ${this.#most} bytes`);
    if (this.#length === this.#out.length) {
      const larger = new Uint8Array(Math.min(this.#most, this.#out.length * 2));
      larger.set(this.#out);
      this.#out = larger;
    }
    this.#out[this.#length] = byte;
    this.#length += 1;
  }

  #stored(): void {
    this.#bits = 0;
    this.#held = 0;
    const length = this.#take(16);
    if ((this.#take(16) ^ 0xffff) !== length) throw new CatalogError('UNEXPECTED_SHAPE', 'a stored block that lies');
    for (let count = 0; count < length; count += 1) this.#put(this.#take(8));
  }

  #symbol({ counts, symbols }: HuffmanCode): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length += 1) {
      code |= this.#take(1);
      const count = counts[length] ?? 0;
      if (code - count < first) return symbols[index + (code - first)] ?? 0;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new CatalogError('UNEXPECTED_SHAPE', 'deflated data with a code that is none');
  }

  #coded(lengths: HuffmanCode, distances: HuffmanCode): void {
    for (let symbol = this.#symbol(lengths); symbol !== END_OF_BLOCK; symbol = this.#symbol(lengths)) {
      if (symbol < END_OF_BLOCK) {
        this.#put(symbol);
        continue;
      }
      const length = this.#extended(lengthBase, lengthExtra, symbol - 257);
      const distance = this.#extended(distanceBase, distanceExtra, this.#symbol(distances));
      if (distance > this.#length) throw new CatalogError('UNEXPECTED_SHAPE', 'deflated data that looks back too far');
      for (let count = 0; count < length; count += 1) this.#put(this.#out[this.#length - distance] ?? 0);
    }
  }

  #extended(base: readonly number[], extra: readonly number[], index: number): number {
    const start = base[index];
    if (start === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'deflated data with a code that is none');
    return start + this.#take(extra[index] ?? 0);
  }

  #readCodes(): [HuffmanCode, HuffmanCode] {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const written = this.#take(4) + 4;
    const lengths = new Uint8Array(19);
    for (const place of lengthOrder.slice(0, written)) lengths[place] = this.#take(3);
    const code = buildCode(lengths);
    const all = new Uint8Array(literals + distances);
    for (let at = 0; at < all.length; ) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        all[at] = symbol;
        at += 1;
        continue;
      }
      const repeated = symbol === 16 ? all[at - 1] : 0;
      const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      if (repeated === undefined || at + times > all.length)
        throw new CatalogError('UNEXPECTED_SHAPE', 'deflated data with more codes than it said');
      all.fill(repeated, at, at + times);
      at += times;
    }
    return [buildCode(all.subarray(0, literals)), buildCode(all.subarray(literals))];
  }
}

function buildCode(lengths: Uint8Array): HuffmanCode {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  counts[0] = 0;
  const places = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length += 1)
    places[length + 1] = (places[length] ?? 0) + (counts[length] ?? 0);
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    const place = places[length] ?? 0;
    symbols[place] = symbol;
    places[length] = place + 1;
  }
  return { counts, symbols };
}

/** RFC 1951, 3.2.6. */
const fixedLengths = buildCode(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
);
const fixedDistances = buildCode(new Uint8Array(30).fill(5));
