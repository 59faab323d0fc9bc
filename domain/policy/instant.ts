const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/i;
/** Years have four digits in RFC 3339. */
const LAST_INSTANT = Date.UTC(10_000, 0) - 1;

/** Whether the text begins with a day there is: to JavaScript the 31st of February is the 3rd of March. */
export function hasRealDay(text: string): boolean {
  const day = text.slice(0, 10);
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/**
 * RFC 3339, in UTC, of an end that is an instant (RFC 3339), or a date that ends with its day in UTC; undefined where it is
 * neither, or names a day there is not.
 */
export function endInstant(end: string): string | undefined {
  const isDay = DAY.test(end);
  if (!(isDay || INSTANT.test(end)) || !hasRealDay(end)) return undefined;
  const time = isDay ? Date.parse(`${end}T00:00:00Z`) + 86_400_000 : Date.parse(end);
  return Number.isNaN(time) ? undefined : new Date(Math.min(time, LAST_INSTANT)).toISOString();
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
