/** What the page of approvals shows: all that waits, and nothing that was asked for before something else. */
import { expect, test } from 'vitest';

const { readAll } = await import(new URL('../../../../../services/gateway/pages/read-all.mjs', import.meta.url).href);
const { showLatest } = await import(
  new URL('../../../../../services/gateway/pages/show-latest.mjs', import.meta.url).href
);

const PAGE = 2;
/** A list as the API has it. */
const listOf = (count: number) => async (path: string) => {
  const start = Number(new URL(path, 'http://a').searchParams.get('cursor') ?? 0);
  const items = Array.from({ length: Math.min(PAGE, count - start) }, (_, at) => start + at);
  return { items, next: start + PAGE < count ? String(start + PAGE) : null };
};

test('what a filter wants is found on whichever page it is', async () => {
  const wanted = (item: number) => item === 6;
  expect(await readAll(listOf(7), '/promotions?state=waiting', wanted)).toEqual({ items: [6], isWhole: true });
  expect(await readAll(listOf(0), '/releases?state=waiting')).toEqual({ items: [], isWhole: true });
});

test('a list without end is not read to its end, and that is said', async () => {
  const { items, isWhole } = await readAll(listOf(100_000), '/promotions?state=waiting', () => false);
  expect([items, isWhole]).toEqual([[], false]);
});

test('what was asked for before something else is dropped when it comes', async () => {
  const shown: string[] = [];
  const show = showLatest((content: string) => void shown.push(content));
  const slow = Promise.withResolvers<string>();
  const first = show(() => slow.promise);
  await show(() => 'the token is asked for');
  slow.resolve('what the one who left could see');
  await first;
  expect(shown).toEqual(['the token is asked for']);
});
