/**
 * A thread that reads from a local socket into shared memory and hashes what it reads. On the main thread, both together are
 * a third of its work, and the program at the other end waits while that is busy with something else.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

const SLOT_BYTES = 256 * 1024;
/** How far it may be ahead of whoever takes what it reads. */
const SLOTS = 8;

/** In the shared counters: slots filled, slots taken, and from `LENGTHS` on the bytes in each slot; 0 is the end. */
const FILLED = 0;
const TAKEN = 1;
const LENGTHS = 2;

/** All that runs on the thread. As text, as the command line in few files has no file it could be started from. */
const program = `
const { createHash } = require('node:crypto');
const { connect } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const { place, control, slots } = workerData;
const hash = createHash('sha256');
let filled = 0;
const give = (length) => {
  control[${LENGTHS} + (filled % slots.length)] = length;
  filled += 1;
  Atomics.store(control, ${FILLED}, filled);
  Atomics.notify(control, ${FILLED});
};
const waitForRoom = () => {
  for (;;) {
    const taken = Atomics.load(control, ${TAKEN});
    if (filled - taken < slots.length) return;
    Atomics.wait(control, ${TAKEN}, taken);
  }
};
const callback = (length, bytes) => {
  give(length);
  hash.update(bytes.subarray(0, length));
  waitForRoom();
  return true;
};
connect({ path: place, onread: { buffer: () => slots[filled % slots.length], callback } }).once('close', () => {
  give(0);
  parentPort.postMessage(hash.digest('hex'));
});
`;

export interface ReadingThread {
  /** Rejects where it ends before all is read. */
  readonly failed: Promise<never>;
  /**
   * Gives `take` all that comes, in order, each chunk valid until it returns. Resolves to the SHA-256 of it, in hexadecimal.
   * Throws what `take` throws.
   */
  drain(take: (chunk: Buffer) => void): Promise<string>;
  /** Ends it, whatever it is at. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** `place` is the path of a socket that is listened on. */
export function startReadingThread(place: string): ReadingThread {
  const control = new Int32Array(new SharedArrayBuffer((LENGTHS + SLOTS) * Int32Array.BYTES_PER_ELEMENT));
  const shared = new SharedArrayBuffer(SLOTS * SLOT_BYTES);
  const slots = Array.from({ length: SLOTS }, (_, index) => Buffer.from(shared, index * SLOT_BYTES, SLOT_BYTES));
  const worker = new Worker(program, {
    eval: true,
    workerData: { place, control, slots },
    env: {},
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 12 },
  });
  let failure: { readonly error: unknown } | undefined;
  const digest = Promise.withResolvers<string>();
  const failed = Promise.withResolvers<never>();
  // Whoever does not wait for them is told by `drain`.
  for (const { promise } of [digest, failed]) promise.catch(() => undefined);
  const fail = (error: unknown): void => {
    failure = { error };
    failed.reject(error);
    digest.reject(error);
    // Whoever waits for the next slot.
    Atomics.notify(control, FILLED);
  };
  const ended = (): void => fail(new Error('the thread that reads ended before its time'));
  worker.once('error', fail);
  worker.once('exit', ended);
  worker.once('message', (hex: string) => {
    worker.off('exit', ended);
    digest.resolve(hex);
  });
  return {
    failed: failed.promise,
    async drain(take) {
      for (let taken = 0; ; ) {
        const filled = Atomics.load(control, FILLED);
        for (; taken < filled; taken += 1) {
          const slot = taken % SLOTS;
          const length = control[LENGTHS + slot] ?? 0;
          if (length === 0) return digest.promise;
          take((slots[slot] as Buffer).subarray(0, length));
          Atomics.store(control, TAKEN, taken + 1);
          Atomics.notify(control, TAKEN);
        }
        // What feeds the other end has its turn, also where there is always something to take.
        await nextTurn();
        if (failure !== undefined) throw failure.error;
        const next = Atomics.waitAsync(control, FILLED, taken);
        if (next.async) await next.value;
      }
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
