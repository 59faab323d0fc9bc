import type { EnvironmentPolicy } from '../policy/document.ts';

export type Soak =
  | { readonly state: 'met' }
  | { readonly state: 'soaking' /** RFC 3339 */; readonly until: string }
  | { readonly state: 'not-live' /** Previous environments it is not live in. */; readonly missing: readonly string[] };

/**
 * Whether an artifact has been live long enough in every environment that comes before. `liveSince` has the instant
 * (RFC 3339) it went live, by environment, for those it is live in now.
 */
export function soakUntil(
  { after, soak = 0 }: Pick<EnvironmentPolicy, 'after' | 'soak'>,
  liveSince: Readonly<Record<string, string>>,
  now: string,
): Soak {
  const missing = after.filter((environment) => !Number.isFinite(Date.parse(liveSince[environment] ?? '')));
  if (missing.length > 0) return { state: 'not-live', missing };
  const until = Math.max(0, ...after.map((environment) => Date.parse(liveSince[environment] ?? '') + soak * 1000));
  if (until <= Date.parse(now)) return { state: 'met' };
  // A soak of nothing is met however two clocks differ.
  return soak === 0 ? { state: 'met' } : { state: 'soaking', until: new Date(until).toISOString() };
}
