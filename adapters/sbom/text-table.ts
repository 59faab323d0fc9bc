/** Millions of different texts, each once, outside of the JavaScript heap: a number a text, from 0 in the order they came. */
import { randomInt } from 'node:crypto';
import { createIntList } from './int-list.ts';
import type { KeptBudget } from './kept-budget.ts';

export interface TextTable {
  /** Its number; the text is taken in if it is new. */
  add(text: string): number;
  find(text: string): number | undefined;
  /** Takes it in; true where it is new. */
  isNew(text: string): boolean;
  textOf(id: number): string;
}

const PIECE_BYTES = 256 * 1024;
/** Numbers kept of a text: where it begins, how long it is, its hash, and its place in the table of hashes. */
const OVERHEAD_BYTES = 20;

/** Texts of up to 65,536 characters; longer ones are a RangeError. The budget, if there is one, is charged for each. */
export function createTextTable(budget?: KeptBudget): TextTable {
  const pieces: Buffer[] = [];
  /** Of the last piece. */
  let used = PIECE_BYTES;
  const starts = createIntList();
  /** Characters, times two; one more where they have two bytes each. */
  const spans = createIntList();
  const hashes = createIntList();
  /** Numbers plus one by hash, open addressing. */
  let slots = new Int32Array(1024);

  const textOf = (id: number): string => {
    const start = starts.get(id);
    const span = spans.get(id);
    const at = start % PIECE_BYTES;
    const piece = pieces[Math.floor(start / PIECE_BYTES)];
    return (
      (span & 1
        ? piece?.toString('utf16le', at, at + (span >>> 1) * 2)
        : piece?.toString('latin1', at, at + (span >>> 1))) ?? ''
    );
  };
  /** The slot it has, or would have. */
  const slotOf = (text: string, hash: number): number => {
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let id = slots[slot] ?? 0; id !== 0; id = slots[slot] ?? 0) {
      if (hashes.get(id - 1) === hash && textOf(id - 1) === text) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  };
  const grow = (): void => {
    slots = new Int32Array(slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 0; id < starts.length; id += 1) {
      let slot = hashes.get(id) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
  };
  const store = (text: string, isWide: boolean): number => {
    const bytes = isWide ? text.length * 2 : text.length;
    if (used + bytes > PIECE_BYTES) {
      pieces.push(Buffer.allocUnsafeSlow(PIECE_BYTES));
      used = 0;
    }
    const piece = pieces.at(-1);
    if (isWide) piece?.write(text, used, 'utf16le');
    else piece?.write(text, used, 'latin1');
    const start = (pieces.length - 1) * PIECE_BYTES + used;
    used += bytes;
    return start;
  };
  const add = (text: string): number => {
    if (text.length > 65_536) throw new RangeError(`a text of ${text.length} characters`);
    const { hash, isWide } = hashOf(text);
    const slot = slotOf(text, hash);
    const known = slots[slot] ?? 0;
    if (known !== 0) return known - 1;
    budget?.take(OVERHEAD_BYTES + (isWide ? text.length * 2 : text.length));
    const id = starts.length;
    starts.push(store(text, isWide));
    spans.push(text.length * 2 + (isWide ? 1 : 0));
    hashes.push(hash);
    slots[slot] = id + 1;
    if (starts.length * 2 > slots.length) grow();
    return id;
  };
  return {
    add,
    find(text) {
      const known = slots[slotOf(text, hashOf(text).hash)] ?? 0;
      return known === 0 ? undefined : known - 1;
    },
    isNew(text) {
      const before = starts.length;
      add(text);
      return starts.length > before;
    },
    textOf,
  };
}

/** Nobody can make texts that all hash alike. */
const SEED = randomInt(2 ** 32);

/** FNV-1a of its characters, spread over all bits; and whether any of them needs a second byte. */
function hashOf(text: string): { readonly hash: number; readonly isWide: boolean } {
  let hash = SEED | 0;
  let seen = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    seen |= character;
    hash = Math.imul(hash ^ character, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return { hash: (hash ^ (hash >>> 13)) | 0, isWide: seen > 0xff };
}
