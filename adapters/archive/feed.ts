import type { Writable } from 'node:stream';

/** What a program or a decompressor may have before it: enough that it does not wait for us while we look at what it gave. */
const AHEAD_BYTES = 4 * 1024 * 1024;

/**
 * Writes all of the source, and ends. What comes after the target's own end (zeros behind a member of gzip) is read, and not
 * written: it would take no more. Chunks are copied into memory that is used over and over, and need be valid only until
 * the next is asked for. Throws what either of the two throws.
 */
export async function feed(source: AsyncIterable<Uint8Array>, target: Writable): Promise<void> {
  const ring = new FeedRing();
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    wake?.();
  };
  let isOver = false;
  target.on('error', fail);
  const over = Promise.withResolvers<void>();
  target.once('end', () => {
    isOver = true;
    wake?.();
    over.resolve();
  });
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length && !isOver; ) {
      if (failure !== undefined) throw failure.error;
      const part = ring.copy(chunk, from);
      if (part === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      from += part.length;
      target.write(part, (error) => {
        if (error) fail(error);
        ring.release(part.length);
        wake?.();
      });
    }
  }
  target.end(over.resolve);
  await over.promise;
  if (failure !== undefined) throw failure.error;
}

/** Memory that is filled round and round, and let go of in the same order. */
class FeedRing {
  readonly #memory = Buffer.allocUnsafeSlow(AHEAD_BYTES);
  #at = 0;
  #used = 0;

  /** As much of the chunk as there is room for in one piece; `undefined` where there is none. */
  copy(chunk: Uint8Array, from: number): Buffer | undefined {
    const room = Math.min(AHEAD_BYTES - this.#used, AHEAD_BYTES - this.#at);
    if (room === 0) return undefined;
    const part = this.#memory.subarray(this.#at, this.#at + Math.min(room, chunk.length - from));
    part.set(chunk.subarray(from, from + part.length));
    this.#at = (this.#at + part.length) % AHEAD_BYTES;
    this.#used += part.length;
    return part;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}
