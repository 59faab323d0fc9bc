import { expect, test } from 'vitest';
import { answerWithin } from '../../../../services/gateway/answer-within.ts';

const HANGS = 1_000_000;

test('work that ends in time is waited for, and what it throws is thrown', async () => {
  const later: unknown[] = [];
  await answerWithin(Promise.resolve(), HANGS, (error) => later.push(error));
  await expect(answerWithin(Promise.reject(new Error('no')), HANGS, (error) => later.push(error))).rejects.toThrow(
    'no',
  );
  expect(later).toEqual([]);
});

test('work that takes longer goes on, and what it throws then is told', async () => {
  const later: unknown[] = [];
  const { promise, reject } = Promise.withResolvers<void>();
  await answerWithin(promise, 1, (error) => later.push(error));
  reject(new Error('late'));
  await expect.poll(() => later).toEqual([new Error('late')]);
});
