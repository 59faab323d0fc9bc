/**
 * Memory that threads share, in slots that one of them fills and the others take, each of them all, round and round and in
 * order. Whoever is ahead waits: a thread by sleeping, the main thread by its event loop. A slot of no bytes is the end.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** In the shared counters: slots filled; from here on the slots each taker has taken, the first of them the main thread where it takes; and then the bytes in each slot. */
const FILLED = 0;
const TAKEN = 1;

/** May be given to a thread as it is. */
export interface SlotRing {
  readonly control: Int32Array;
  readonly slots: readonly Buffer[];
  readonly takers: number;
}

/** Thrown by those who wait, once it is set and `wake` was called. */
export interface RingFailure {
  error?: unknown;
}

export function createSlotRing(slotBytes: number, count: number, takers = 1): SlotRing {
  const control = new Int32Array(new SharedArrayBuffer((TAKEN + takers + count) * Int32Array.BYTES_PER_ELEMENT));
  const shared = new SharedArrayBuffer(count * slotBytes);
  return {
    control,
    takers,
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
  { control, slots, takers }: SlotRing,
  take: (chunk: Buffer) => void,
  failure: RingFailure,
): Promise<void> {
  for (let taken = 0; ; ) {
    const filled = Atomics.load(control, FILLED);
    for (; taken < filled; taken += 1) {
      const slot = taken % slots.length;
      const length = control[TAKEN + takers + slot] ?? 0;
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
 * Puts all of the source into it, for one taker, and the end. A chunk of the source need be valid only until the next is asked for. Throws the
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
    control[TAKEN + 1 + (filled % slots.length)] = bytes.length;
    filled += 1;
    Atomics.store(control, FILLED, filled);
    Atomics.notify(control, FILLED);
  };
  const most = slots[0]?.length ?? 0;
  for await (const chunk of source)
    for (let at = 0; at < chunk.length; at += most) await give(chunk.subarray(at, at + most));
  await give(new Uint8Array());
}

/** The other sides, for the program of a thread: `filler(ring)` and `taker(ring, which)`, of several takers the one of that number. */
export const ringProgram = `
const filler = ({ control, slots, takers }) => {
  let filled = 0;
  return {
    /** The slot to fill next, once it is free. */
    slot() {
      for (let which = 0; which < takers; ) {
        const taken = Atomics.load(control, ${TAKEN} + which);
        if (filled - taken < slots.length) which += 1;
        else Atomics.wait(control, ${TAKEN} + which, taken);
      }
      return slots[filled % slots.length];
    },
    give(length) {
      control[${TAKEN} + takers + (filled % slots.length)] = length;
      filled += 1;
      Atomics.store(control, ${FILLED}, filled);
      Atomics.notify(control, ${FILLED});
    },
  };
};
const taker = ({ control, slots, takers }, which = 0) => {
  let taken = 0;
  return {
    /** The bytes that come next, once they are there: valid until \`done\`. */
    next() {
      while (Atomics.load(control, ${FILLED}) === taken) Atomics.wait(control, ${FILLED}, taken);
      const slot = taken % slots.length;
      return slots[slot].subarray(0, control[${TAKEN} + takers + slot]);
    },
    done() {
      taken += 1;
      Atomics.store(control, ${TAKEN} + which, taken);
      Atomics.notify(control, ${TAKEN} + which);
    },
  };
};
`;
