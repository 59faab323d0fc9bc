import { MAX_GRANDFATHERED_DAYS } from './import-book.ts';

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

export type Until = { readonly at: string } | { readonly problem: string };

/**
 * Until when something may stay: a day (`2027-03-31`, to its end in UTC) or an instant (RFC 3339), after `now` and at most
 * `MAX_GRANDFATHERED_DAYS` away. `at` is RFC 3339 in UTC.
 */
export function grandfatheredUntil(text: string, now: Date): Until {
  const isDay = DAY.test(text);
  if (!isDay && !INSTANT.test(text)) return { problem: 'a day (2027-03-31) or an instant (RFC 3339) is expected' };
  const start = new Date(isDay ? `${text}T00:00:00Z` : text);
  // 31 February is the second of March to JavaScript.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (
    Number.isNaN(start.getTime()) ||
    Number.isNaN(day.getTime()) ||
    day.toISOString().slice(0, 10) !== text.slice(0, 10)
  )
    return { problem: `there is no such day: ${text}` };
  const at = new Date(isDay ? start.getTime() + DAY_MS : start.getTime());
  if (at.getTime() <= now.getTime()) return { problem: `${text} is over` };
  if (at.getTime() - now.getTime() > (MAX_GRANDFATHERED_DAYS + 1) * DAY_MS)
    return { problem: `${text} is more than ${MAX_GRANDFATHERED_DAYS} days away` };
  return { at: at.toISOString() };
}
