import { describe, expect, test } from 'vitest';
import { processInKeyOrder } from '../../../../adapters/kafka/process-in-key-order.ts';

interface Item {
  readonly key: string | undefined;
  readonly number: number;
}
const items = (count: number, keys: number): Item[] =>
  Array.from({ length: count }, (_, number) => ({ key: `k${number % keys}`, number }));
const turn = () => new Promise((resolve) => setImmediate(resolve));
const always = () => true;
const keyOf = (item: Item) => item.key;

describe('processInKeyOrder', () => {
  test('keeps the order of a key while keys run side by side, within the limit', async () => {
    const seen = new Map<string | undefined, number[]>();
    let running = 0;
    let most = 0;
    const handle = async ({ key, number }: Item) => {
      running += 1;
      most = Math.max(most, running);
      for (let i = 0; i < (number * 7) % 5; i += 1) await turn();
      seen.set(key, [...(seen.get(key) ?? []), number]);
      running -= 1;
    };
    const outcome = await processInKeyOrder(items(100, 10), { limit: 4, keyOf, handle, mayContinue: always });
    expect(outcome).toEqual({ outcome: 'done' });
    expect(most).toBe(4);
    for (const numbers of seen.values()) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect([...seen.values()].flat()).toHaveLength(100);
  });

  test('a failure starts nothing new, waits for the rest, and is what comes back', async () => {
    const failure = new Error('away');
    const handled: number[] = [];
    const outcome = await processInKeyOrder(items(20, 4), {
      limit: 2,
      keyOf,
      mayContinue: always,
      handle: async ({ number }) => {
        await turn();
        if (number === 4) throw failure;
        handled.push(number);
      },
    });
    expect(outcome).toEqual({ outcome: 'failed', error: failure });
    // Key k0: 0, then 4 fails, so 8, 12, 16 never run; k1 stops after what was under way; k2 and k3 never begin.
    expect(handled.toSorted((a, b) => a - b)).toEqual([0, 1, 5]);
  });

  test('stops when it is told to', async () => {
    let left = 3;
    const handled: number[] = [];
    const outcome = await processInKeyOrder(items(10, 1), {
      limit: 2,
      keyOf,
      mayContinue: () => left-- > 0,
      handle: async ({ number }) => void handled.push(number),
    });
    expect([outcome, handled]).toEqual([{ outcome: 'stopped' }, [0, 1, 2]]);
  });

  test('items without a key wait for nobody', async () => {
    const finished: number[] = [];
    await processInKeyOrder(
      [0, 1, 2].map((number) => ({ key: undefined, number })),
      {
        limit: 3,
        keyOf,
        mayContinue: always,
        handle: async ({ number }) => {
          for (let i = number; i < 3; i += 1) await turn();
          finished.push(number);
        },
      },
    );
    expect(finished).toEqual([2, 1, 0]);
  });
});
