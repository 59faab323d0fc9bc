/**
 * A thread that reads from a local socket into shared memory and hashes what it reads. On the main thread, both together are
 * a third of its work, and the program at the other end waits while that is busy with something else.
 */
import { startRingThread } from './ring-thread.ts';
import { createSlotRing, drainRing } from './slot-ring.ts';

const SLOT_BYTES = 256 * 1024;
/** How far it may be ahead of whoever takes what it reads. */
const SLOTS = 8;

const program = `
const { createHash } = require('node:crypto');
const { connect } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const { place, ring } = workerData;
const hash = createHash('sha256');
const to = filler(ring);
const callback = (length, bytes) => {
  to.give(length);
  hash.update(bytes.subarray(0, length));
  to.slot();
  return true;
};
connect({ path: place, onread: { buffer: to.slot, callback } }).once('close', () => {
  to.give(0);
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
  const ring = createSlotRing(SLOT_BYTES, SLOTS);
  const thread = startRingThread<string>({
    program,
    data: { place, ring },
    rings: [ring],
    youngGenerationMb: 12,
    what: 'reads',
  });
  const failed = thread.said.then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  return {
    failed,
    async drain(take) {
      await drainRing(ring, take, thread.failure);
      return thread.said;
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}
