import { endInstant, hasRealDay } from '../policy/instant.ts';
import { MAX_GRANDFATHERED_DAYS } from './import-book.ts';

const DAY_MS = 86_400_000;

export type Until = { readonly at: string } | { readonly problem: string };

/**
 * Until when something may stay: a day (`2027-03-31`, to its end in UTC) or an instant (RFC 3339), after `now` and at most
 * `MAX_GRANDFATHERED_DAYS` away. `at` is RFC 3339 in UTC.
 */
export function grandfatheredUntil(text: string, now: Date): Until {
  const end = endInstant(text);
  if (end === undefined) {
    const isMissing = /^\d{4}-\d{2}-\d{2}/.test(text) && !hasRealDay(text);
    return {
      problem: isMissing ? `there is no such day: ${text}` : 'a day (2027-03-31) or an instant (RFC 3339) is expected',
    };
  }
  const at = new Date(end);
  if (at.getTime() <= now.getTime()) return { problem: `${text} is over` };
  if (at.getTime() - now.getTime() > (MAX_GRANDFATHERED_DAYS + 1) * DAY_MS)
    return { problem: `${text} is more than ${MAX_GRANDFATHERED_DAYS} days away` };
  return { at: at.toISOString() };
}
