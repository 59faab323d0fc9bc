/** How often one caller may ask: a bucket of tries for each, filled again at a steady pace. */

export interface RateLimitOptions {
  /** Tries at once. */
  readonly burst: number;
  readonly perSecond: number;
}

export interface RateLimit {
  /** False where `caller` has used up its tries. `now` in milliseconds. */
  take(caller: string, now: number): boolean;
}

/** Callers remembered; beyond it, the ones that have waited longest are forgotten, whose buckets are full again soonest. */
const MAX_CALLERS = 10_000;

export function createRateLimit({ burst, perSecond }: RateLimitOptions): RateLimit {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(caller, now) {
      const before = buckets.get(caller) ?? { left: burst, at: now };
      const left = Math.min(burst, before.left + (Math.max(0, now - before.at) / 1000) * perSecond);
      // Set anew, so that the map's order is that of the last try.
      buckets.delete(caller);
      buckets.set(caller, { left: left >= 1 ? left - 1 : left, at: now });
      if (buckets.size > MAX_CALLERS) buckets.delete(buckets.keys().next().value as string);
      return left >= 1;
    },
  };
}
