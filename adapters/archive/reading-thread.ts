/**
 * A thread that reads from a local socket into shared memory and hashes what it reads. On the main thread, both together are
 * a third of its work, and the program at the other end waits while that is busy with something else.
 */
import { Worker } from 'node:worker_threads';
import { createSlotRing, drainRing, type RingFailure, ringProgram, wake } from './slot-ring.ts';

const SLOT_BYTES = 256 * 1024;
/** How far it may be ahead of whoever takes what it reads. */
const SLOTS = 8;

/** All that runs on the thread. As text, as the command line in few files has no file it could be started from. */
const program = `
${ringProgram}
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
  const worker = new Worker(program, {
    eval: true,
    workerData: { place, ring },
    env: {},
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 12 },
  });
  const failure: RingFailure = {};
  const digest = Promise.withResolvers<string>();
  const failed = Promise.withResolvers<never>();
  // Whoever does not wait for them is told by `drain`.
  for (const { promise } of [digest, failed]) promise.catch(() => undefined);
  const fail = (error: unknown): void => {
    failure.error = error;
    failed.reject(error);
    digest.reject(error);
    // Whoever waits for the next slot.
    wake(ring);
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
      await drainRing(ring, take, failure);
      return digest.promise;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
