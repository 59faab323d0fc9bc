/** A long list of JSON values, kept compressed in blocks and unpacked as it is looked at: a tenth of what they take as objects. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { KeptBudget } from './kept-budget.ts';

export interface PackedList<T> {
  readonly length: number;
  /** The value as JSON. */
  add(json: string): void;
  /** Every value in its order, once: memory is given back as they go. */
  drain(): Generator<T>;
  /**
   * The list as an array that can not be written to. A value is unpacked each time it is asked for: equal, and not always the same
   * object. In order this is cheap; at random a block is unpacked for each value.
   */
  seen(): readonly T[];
}

/** Characters of JSON in a block, at least; a value is never cut. */
const BLOCK_CHARACTERS = 64 * 1024;

interface Block {
  /** Index of its first value. */
  readonly first: number;
  readonly bytes: Uint8Array;
}

export function createPackedList<T>(budget: KeptBudget): PackedList<T> {
  let blocks: Block[] = [];
  let open: string[] = [];
  let characters = 0;
  let length = 0;
  const close = (): void => {
    if (open.length === 0) return;
    const bytes = pack(`[${open.join(',')}]`);
    budget.take(bytes.length);
    blocks.push({ first: length - open.length, bytes });
    open = [];
    characters = 0;
  };
  return {
    get length() {
      return length;
    },
    add(json) {
      open.push(json);
      characters += json.length;
      length += 1;
      if (characters >= BLOCK_CHARACTERS) close();
    },
    *drain() {
      close();
      const all = blocks.reverse();
      blocks = [];
      for (let block = all.pop(); block !== undefined; block = all.pop()) {
        budget.giveBack(block.bytes.length);
        yield* unpack<T>(block.bytes);
      }
    },
    seen() {
      close();
      return seenAs(blocks, length);
    },
  };
}

function pack(json: string): Uint8Array {
  const bytes = Buffer.from(json);
  const packed = zstdCompressSync(bytes, {
    pledgedSrcSize: bytes.length,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
  // What zlib gives is a part of a larger buffer.
  return new Uint8Array(packed);
}

function unpack<T>(bytes: Uint8Array): T[] {
  return JSON.parse(zstdDecompressSync(bytes).toString()) as T[];
}

function seenAs<T>(blocks: readonly Block[], length: number): readonly T[] {
  let current = -1;
  let values: readonly T[] = [];
  const valueAt = (index: number): T | undefined => {
    const isInside = (block: number): boolean =>
      index >= (blocks[block]?.first ?? Infinity) && index < (blocks[block + 1]?.first ?? length);
    if (!isInside(current)) {
      current = isInside(current + 1) ? current + 1 : blockOf(blocks, index);
      const block = blocks[current];
      values = block === undefined ? [] : unpack<T>(block.bytes);
    }
    return values[index - (blocks[current]?.first ?? 0)];
  };
  const target: T[] = [];
  target.length = length;
  return new Proxy(target, {
    get(array, key, receiver) {
      const index = indexOf(key);
      if (index === undefined) return Reflect.get(array, key, receiver) as unknown;
      return index < length ? valueAt(index) : undefined;
    },
    has(array, key) {
      const index = indexOf(key);
      return index === undefined ? Reflect.has(array, key) : index < length;
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  });
}

function indexOf(key: string | symbol): number | undefined {
  if (typeof key === 'symbol') return undefined;
  const first = key.charCodeAt(0);
  return first >= 0x30 && first <= 0x39 ? Number(key) : undefined;
}

/** The last block that begins at or before it. */
function blockOf(blocks: readonly Block[], index: number): number {
  let [low, high] = [0, blocks.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((blocks[middle]?.first ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}
