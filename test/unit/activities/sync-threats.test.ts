import { expect, test } from 'vitest';
import { syncThreats } from '../../../activities/sync-threats.ts';

test('one that fails is written down, and keeps none of the others', async () => {
  const ended: string[] = [];
  let epoch = 0;
  const summary = { added: 1, updated: 0, withdrawn: 0, unchanged: 0 };
  const outcomes = await Array.fromAsync(
    syncThreats(
      {
        imports: {
          begin: async (source, actor) => {
            ended.push(`${source} by ${actor}`);
            return ++epoch;
          },
          fail: async (number, reason) => void ended.push(`${number} failed: ${reason}`),
        },
        threats: {
          activate: async (number, { kind }, { count }) => {
            ended.push(`${number} active: ${kind}`);
            return { epoch: number, ...summary, rejected: count };
          },
        },
        threatFeeds: ['https://a.example/x.csv', 'https://b.example/kev.json'],
        readThreatFeed: async (address) => {
          if (address.endsWith('.csv')) throw new Error('cut short');
          return { table: { kind: 'kev', entries: new Map() }, rejected: 2 };
        },
      },
      new AbortController().signal,
    ),
  );
  expect(outcomes).toEqual([
    { source: 'https://a.example/x.csv', reason: 'cut short' },
    { epoch: 2, ...summary, rejected: 2 },
  ]);
  expect(ended).toEqual([
    ...['https://a.example/x.csv by schedule', '1 failed: cut short'],
    ...['https://b.example/kev.json by schedule', '2 active: kev'],
  ]);
});
