import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lentChunks } from '../../../../domain/artifact/lent-chunks.ts';

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** For each chunk, whether its memory is still there once all have been asked for. */
async function left(...chunks: Uint8Array[]): Promise<boolean[]> {
  for await (const _ of lentChunks(each(chunks)));
  return chunks.map(({ buffer }) => buffer.byteLength > 0);
}

describe('chunks that are lent', () => {
  test('are gone once the next one has come, and there until then', async () => {
    const chunks = [new Uint8Array(10), new Uint8Array(20), new Uint8Array(30)];
    let index = 0;
    for await (const chunk of lentChunks(each(chunks))) {
      expect(chunk.byteLength).toBe([10, 20, 30][index]);
      if (index > 0) expect(chunks[index - 1]?.byteLength).toBe(0);
      index += 1;
    }
    expect(chunks.map(({ byteLength }) => byteLength)).toEqual([0, 0, 30]);
  });

  test('parts of one piece of memory go together, with the last of them', async () => {
    const memory = new Uint8Array(100);
    expect(await left(memory.subarray(0, 60), memory.subarray(60, 100), new Uint8Array(1))).toEqual([
      false,
      false,
      true,
    ]);
  });

  test.each([
    [
      'of which more may come',
      (memory: Uint8Array) => [memory.subarray(0, 60), new Uint8Array(1), memory.subarray(60)],
    ],
    ['of which they are a small part', (memory: Uint8Array) => [memory.subarray(60), new Uint8Array(1)]],
  ])('memory %s is left alone', async (_name, parts) => {
    const memory = new Uint8Array(100).fill(7);
    await left(...parts(memory));
    expect(memory.byteLength).toBe(100);
  });

  test('whatever they are parts of, all that is read is right', async () => {
    const sizes = fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, async (pieces) => {
        let next = 0;
        const chunks = pieces.flatMap((parts) => {
          const memory = new Uint8Array(parts.reduce((sum, part) => sum + part, 0));
          let from = 0;
          return parts.map((part) => {
            const chunk = memory.subarray(from, from + part);
            from += part;
            for (const index of chunk.keys()) {
              next += 1;
              chunk[index] = next;
            }
            return chunk;
          });
        });
        const read: number[] = [];
        for await (const chunk of lentChunks(each(chunks))) read.push(...chunk);
        expect(read).toEqual(Array.from({ length: next }, (_, index) => (index + 1) % 256));
      }),
    );
  });
});
