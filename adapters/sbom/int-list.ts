/** A long list of whole numbers of 32 bits, in pieces: it grows without a copy of itself. */
export interface IntList {
  readonly length: number;
  push(value: number): void;
  /** 0 where nothing was set. */
  get(index: number): number;
  set(index: number, value: number): void;
}

const SHIFT = 14;
const MASK = (1 << SHIFT) - 1;

export function createIntList(): IntList {
  const pieces: Int32Array[] = [];
  let length = 0;
  const set = (index: number, value: number): void => {
    while (pieces.length <= index >>> SHIFT) pieces.push(new Int32Array(1 << SHIFT));
    const piece = pieces[index >>> SHIFT];
    if (piece !== undefined) piece[index & MASK] = value;
    if (index >= length) length = index + 1;
  };
  return {
    get length() {
      return length;
    },
    push: (value) => set(length, value),
    get: (index) => pieces[index >>> SHIFT]?.[index & MASK] ?? 0,
    set,
  };
}
