import type { BinaryWindow } from '../binary-cataloger.ts';

const BRACKET = 0x7b;
const BLANKS: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const MAX_BLANKS = 16;
const MAX_KEPT = 4;

interface Kept {
  /** In the file. */
  readonly start: number;
  readonly parts: Uint8Array[];
  bytes: number;
}

/** What begins as a JSON object of a first key does, in a file that passes by in windows: known to be one only later, when it has passed. */
export class PassingJson {
  readonly #key: string;
  readonly #most: number;
  readonly #kept: Kept[] = [];

  /** `key` with its quotes; `most` bytes are kept of each of the first few. */
  constructor(key: string, most: number) {
    this.#key = key;
    this.#most = most;
  }

  /** Windows in order. */
  pass(window: BinaryWindow): void {
    const { bytes, offset } = window;
    for (let at = window.indexOf(this.#key); at >= 0; at = window.indexOf(this.#key, at + 1)) {
      const start = beginning(bytes, at);
      if (start === undefined || this.#kept.some((one) => one.start === offset + start)) continue;
      if (this.#kept.length === MAX_KEPT) break;
      this.#kept.push({ start: offset + start, parts: [], bytes: 0 });
    }
    for (const one of this.#kept) {
      const from = one.start + one.bytes - offset;
      // A copy, whatever kind of bytes they are: a Buffer's `slice` is none.
      const part = new Uint8Array(bytes.subarray(from, from + this.#most - one.bytes));
      if (part.length > 0) one.parts.push(part);
      one.bytes += part.length;
    }
  }

  /** The bytes of one that begins there, if so many were kept. */
  found(start: number, size: number): Uint8Array | undefined {
    const one = this.#kept.find((kept) => kept.start === start);
    if (one === undefined || one.bytes < size) return undefined;
    const all = new Uint8Array(one.bytes);
    let at = 0;
    for (const part of one.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all.subarray(0, size);
  }
}

/** The bracket before the key, with nothing but blanks between. */
function beginning(bytes: Uint8Array, key: number): number | undefined {
  let at = key - 1;
  while (at > key - MAX_BLANKS && BLANKS.has(bytes[at])) at -= 1;
  return bytes[at] === BRACKET ? at : undefined;
}
