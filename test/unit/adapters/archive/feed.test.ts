import { createHash, randomBytes } from 'node:crypto';
import { PassThrough, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { feed } from '../../../../adapters/archive/feed.ts';

/** Gives all in one piece of memory that is used again for every chunk: what is read late, is read wrong. */
async function* lent(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(Math.max(...sizes));
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const part = bytes.subarray(at, at + (sizes[turn % sizes.length] ?? 1));
    memory.set(part);
    yield memory.subarray(0, part.length);
    memory.fill(0);
    at += part.length;
  }
}

/** Hashes what it is given after a turn of the event loop, one write at a time. */
function slowHash(): { target: Writable; digest(): string } {
  const hash = createHash('sha256');
  const target = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      void nextTurn().then(() => {
        hash.update(chunk);
        done();
      });
    },
  });
  return { target, digest: () => hash.digest('hex') };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('what is fed', () => {
  test('arrives whole and in order, though its memory was used again meanwhile', async () => {
    const bytes = randomBytes(2_000_000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 10_000, max: 300_000 }), { minLength: 1, maxLength: 5 }),
        async (sizes) => {
          const { target, digest } = slowHash();
          await feed(lent(bytes, sizes), target);
          expect(digest()).toBe(sha256(bytes));
        },
      ),
      { numRuns: 10 },
    );
  });

  test('may be more than is kept ahead, in chunks that are larger than that', async () => {
    const bytes = randomBytes(11_000_000);
    for (const size of [70_000, 5_000_000]) {
      const { target, digest } = slowHash();
      await feed(lent(bytes, [size]), target);
      expect(digest()).toBe(sha256(bytes));
    }
  });

  test('waits for a target that takes nothing', async () => {
    let given = 0;
    const source = (async function* () {
      for (; given < 100; given += 1) yield new Uint8Array(1_000_000);
    })();
    const stuck = new Writable({ write: () => undefined });
    const fed = feed(source, stuck);
    for (let turn = 0; turn < 200; turn += 1) await nextTurn();
    expect(given).toBeLessThan(10);
    stuck.destroy(new RangeError('enough'));
    await expect(fed).rejects.toThrow('enough');
  });

  test('nothing at all ends the target', async () => {
    const target = new PassThrough();
    await feed(lent(new Uint8Array(), [1]), target);
    expect(target.writableFinished).toBe(true);
  });

  test('what the source throws is thrown', async () => {
    const failing = (async function* () {
      yield new Uint8Array(10);
      throw new RangeError('gone');
    })();
    await expect(feed(failing, slowHash().target)).rejects.toThrow('gone');
  });
});
