/** RFC 3339, in UTC, of an end that is an instant, or a date that ends with its day in UTC; undefined where it is neither. */
export function endInstant(end: string): string | undefined {
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(end) ? Date.parse(`${end}T00:00:00Z`) + 86_400_000 : Date.parse(end);
  return Number.isNaN(instant) ? undefined : new Date(instant).toISOString();
}

/**
 * Whether an end that the policy gives as an instant or as a date has come at `now` (RFC 3339). A date ends with its day
 * in UTC. What is neither has come: an exception without a readable end lets nothing through.
 */
export function hasEnded(end: string, now: string): boolean {
  const instant = endInstant(end);
  return instant === undefined || !(Date.parse(instant) > Date.parse(now));
}

/** `90 s`, `45 min`, `13 h`, `8 d`: an age or a limit for people. */
export function printSeconds(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
