import { expect, test } from 'vitest';
import { createTurns } from '../../../../adapters/concurrency/turns.ts';

test('turns come one after the other, and one that was given up keeps nobody waiting', async () => {
  const takeTurn = createTurns(1);
  const seen: string[] = [];
  const first = Promise.withResolvers<void>();
  const gone = new AbortController();
  const one = takeTurn(() => first.promise);
  const second = takeTurn(async () => seen.push('second'), gone.signal).catch(() => seen.push('second gave up'));
  const third = takeTurn(async () => seen.push('third'), new AbortController().signal);
  gone.abort(new Error('cancelled'));
  await second;
  expect(seen).toEqual(['second gave up']);
  first.resolve();
  await Promise.all([one, third]);
  expect(seen).toEqual(['second gave up', 'third']);
});

test('so many are at work at once, and one that fails gives its turn on', async () => {
  const takeTurn = createTurns(2);
  let [working, most, failed] = [0, 0, 0];
  const act = (fails: boolean) => async () => {
    working += 1;
    most = Math.max(most, working);
    await new Promise((resolve) => setImmediate(resolve));
    working -= 1;
    if (fails) throw new Error('failed');
  };
  const fail = () => {
    failed += 1;
  };
  await Promise.all(Array.from({ length: 9 }, (_, n) => takeTurn(act(n % 3 === 0)).catch(fail)));
  expect({ working, most, failed }).toEqual({ working: 0, most: 2, failed: 3 });
});
