/**
 * Memory that two threads share, in slots that one of them fills and the other takes, round and round and in order. Whoever is
 * behind waits for it: a thread by sleeping, the main thread by its event loop. A slot of no bytes is the end.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** In the shared counters: slots filled, slots taken, and from `LENGTHS` on the bytes in each slot. */
const FILLED = 0;
const TAKEN = 1;
const LENGTHS = 2;

/** May be given to a thread as it is. */
export interface SlotRing {
  readonly control: Int32Array;
  readonly slots: readonly Buffer[];
}

/** Thrown by those who wait, once it is set and `wake` was called. */
export interface RingFailure {
  error?: unknown;
}

export function createSlotRing(slotBytes: number, count: number): SlotRing {
  const control = new Int32Array(new SharedArrayBuffer((LENGTHS + count) * Int32Array.BYTES_PER_ELEMENT));
  const shared = new SharedArrayBuffer(count * slotBytes);
  return {
    control,
    slots: Array.from({ length: count }, (_, index) => Buffer.from(shared, index * slotBytes, slotBytes)),
  };
}

/** Wakes whoever waits on the main thread, to see a failure. */
export function wake({ control }: SlotRing): void {
  Atomics.notify(control, FILLED);
  Atomics.notify(control, TAKEN);
}

/** Gives `take` all there is, in order, each chunk valid until it returns. Throws the failure, and what `take` throws. */
export async function drainRing(
  { control, slots }: SlotRing,
  take: (chunk: Buffer) => void,
  failure: RingFailure,
): Promise<void> {
  for (let taken = 0; ; ) {
    const filled = Atomics.load(control, FILLED);
    for (; taken < filled; taken += 1) {
      const slot = taken % slots.length;
      const length = control[LENGTHS + slot] ?? 0;
      if (length === 0) return;
      take((slots[slot] as Buffer).subarray(0, length));
      Atomics.store(control, TAKEN, taken + 1);
      Atomics.notify(control, TAKEN);
    }
    // What feeds the other end has its turn, also where there is always something to take.
    await nextTurn();
    if ('error' in failure) throw failure.error;
    const next = Atomics.waitAsync(control, FILLED, taken);
    if (next.async) await next.value;
  }
}

/**
 * Puts all of the source into it, and the end. A chunk of the source need be valid only until the next is asked for. Throws the
 * failure, and what the source throws.
 */
export async function fillRing(
  { control, slots }: SlotRing,
  source: AsyncIterable<Uint8Array>,
  failure: RingFailure,
): Promise<void> {
  let filled = 0;
  const give = async (bytes: Uint8Array): Promise<void> => {
    for (;;) {
      if ('error' in failure) throw failure.error;
      const taken = Atomics.load(control, TAKEN);
      if (filled - taken < slots.length) break;
      const next = Atomics.waitAsync(control, TAKEN, taken);
      if (next.async) await next.value;
    }
    (slots[filled % slots.length] as Buffer).set(bytes);
    control[LENGTHS + (filled % slots.length)] = bytes.length;
    filled += 1;
    Atomics.store(control, FILLED, filled);
    Atomics.notify(control, FILLED);
  };
  const most = slots[0]?.length ?? 0;
  for await (const chunk of source)
    for (let at = 0; at < chunk.length; at += most) await give(chunk.subarray(at, at + most));
  await give(new Uint8Array());
}

/** The other sides, for the program of a thread: `filler(ring)` and `taker(ring)`. */
export const ringProgram = `
const filler = ({ control, slots }) => {
  let filled = 0;
  return {
    /** The slot to fill next, once it is free. */
    slot() {
      for (;;) {
        const taken = Atomics.load(control, ${TAKEN});
        if (filled - taken < slots.length) return slots[filled % slots.length];
        Atomics.wait(control, ${TAKEN}, taken);
      }
    },
    give(length) {
      control[${LENGTHS} + (filled % slots.length)] = length;
      filled += 1;
      Atomics.store(control, ${FILLED}, filled);
      Atomics.notify(control, ${FILLED});
    },
  };
};
const taker = ({ control, slots }) => {
  let taken = 0;
  return {
    /** The bytes that come next, once they are there: valid until \`done\`. */
    next() {
      while (Atomics.load(control, ${FILLED}) === taken) Atomics.wait(control, ${FILLED}, taken);
      const slot = taken % slots.length;
      return slots[slot].subarray(0, control[${LENGTHS} + slot]);
    },
    done() {
      taken += 1;
      Atomics.store(control, ${TAKEN}, taken);
      Atomics.notify(control, ${TAKEN});
    },
  };
};
`;
