import type { EnvironmentPolicy } from '../policy/document.ts';

/**
 * When the freeze that holds at `now` (RFC 3339) ends, with the reason of its first window; undefined where none holds.
 * Windows that overlap or touch are one freeze. A window holds from its beginning up to, not including, its end.
 */
export function freezeUntil(
  { freeze }: Pick<EnvironmentPolicy, 'freeze'>,
  now: string,
): { readonly until: string; readonly reason: string } | undefined {
  const windows = freeze
    .map(({ from, to, reason }) => ({ from: Date.parse(from), to: Date.parse(to), reason }))
    .sort((a, b) => a.from - b.from);
  const instant = Date.parse(now);
  const first = windows.find(({ from, to }) => from <= instant && instant < to);
  if (first === undefined) return undefined;
  let until = first.to;
  for (const { from, to } of windows) if (from <= until && to > until) until = to;
  return { until: new Date(until).toISOString(), reason: first.reason };
}
