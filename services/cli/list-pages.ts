import { InvalidArgumentError, Option } from 'commander';
import type { ListAnswer } from './api-answers.ts';
import type { ApiClient } from './api-client.ts';

const PAGE = 200;

/** `--limit`, for every list. */
export function limitOption(preset: number): Option {
  return new Option('--limit <count>', 'how many at most').default(preset).argParser((text) => {
    const count = Number(text);
    if (Number.isSafeInteger(count) && count > 0) return count;
    throw new InvalidArgumentError('Expected a whole number above 0.');
  });
}

/** Page after page until there are `limit` items; `next` says whether there would be more. */
export async function listPages<T>(
  api: ApiClient,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<ListAnswer<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page: ListAnswer<T> = await api.get(path, { ...query, limit: Math.min(PAGE, limit - items.length), cursor });
    items.push(...page.items);
    if (page.next === null || page.items.length === 0 || items.length >= limit) return { items, next: page.next };
    cursor = page.next;
  }
}
