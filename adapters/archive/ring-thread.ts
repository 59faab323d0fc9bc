/** A thread at the other end of rings of shared memory: what it says when it is done, and who is woken where it fails. */
import { Worker } from 'node:worker_threads';
import { type RingFailure, ringProgram, type SlotRing, wake } from './slot-ring.ts';

export interface RingThreadOptions {
  /**
   * All that runs on it, after `filler` and `taker` of slot-ring.ts; as text, as the command line in few files has no file it
   * could be started from. Says one message at its end.
   */
  readonly program: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Those whose other end waits for it. */
  readonly rings: readonly SlotRing[];
  readonly youngGenerationMb: number;
  /** For the error of one that ends before it said anything: `reads`. */
  readonly what: string;
}

export interface RingThread<T> {
  /** Set where it failed: for `drainRing` and `fillRing`. */
  readonly failure: RingFailure;
  /** What it says at its end; rejects where it fails. */
  readonly said: Promise<T>;
  /** Ends the waiting of all at this end. The first reason stays. */
  fail(error: unknown): void;
  /** Ends it, whatever it is at. */
  [Symbol.asyncDispose](): Promise<void>;
}

export function startRingThread<T>({
  program,
  data,
  rings,
  youngGenerationMb,
  what,
}: RingThreadOptions): RingThread<T> {
  const worker = new Worker(`${ringProgram}\n${program}`, {
    eval: true,
    workerData: data,
    env: {},
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
  });
  const failure: RingFailure = {};
  const said = Promise.withResolvers<T>();
  // Whoever does not wait for it is told by the ring.
  said.promise.catch(() => undefined);
  const fail = (error: unknown): void => {
    if (!('error' in failure)) failure.error = error;
    said.reject(failure.error);
    for (const ring of rings) wake(ring);
  };
  const ended = (): void => fail(new Error(`the thread that ${what} ended before its time`));
  worker.once('error', fail);
  worker.once('exit', ended);
  worker.once('message', (message: T) => {
    worker.off('exit', ended);
    said.resolve(message);
  });
  return {
    failure,
    said: said.promise,
    fail,
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
