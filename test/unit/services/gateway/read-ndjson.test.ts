import { describe, expect, test } from 'vitest';
import { readNdjson } from '../../../../services/gateway/read-ndjson.ts';

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<{ line: number; value: unknown }[]> {
  const values: { line: number; value: unknown }[] = [];
  for await (const value of readNdjson(stream)) values.push(value);
  return values;
}

describe('readNdjson', () => {
  const text = '{"a":"é"}\n\n[1]\r\n"last"';
  test.each([1, 2, 3, 7, 1000])('gives the same values however the stream is cut (%i bytes)', async (size) => {
    expect(await readAll(chunksOf(text, size))).toEqual([
      { line: 1, value: { a: 'é' } },
      { line: 3, value: [1] },
      { line: 4, value: 'last' },
    ]);
  });

  test('a line that is not JSON is named, not repeated', async () => {
    const read = readAll(chunksOf('{}\nsecret\n', 4));
    await expect(read).rejects.toMatchObject({
      status: 400,
      message: 'line 2 is not JSON',
      detail: { place: 'line 2' },
    });
  });

  test('a line without an end is cut off, not collected', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 1;
        yield new Uint8Array(1024 * 1024).fill(0x20);
      }
    }
    await expect(readAll(endless())).rejects.toMatchObject({ status: 400 });
    expect(given).toBe(9);
  });
});
