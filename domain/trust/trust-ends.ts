import type { PolicySigner } from './trusted-signer.ts';

/** Days before the end at which it is told of; 0: it has come. */
const THRESHOLDS = [30, 7, 1, 0] as const;
const DAY_MS = 86_400_000;

/** A signer whose trust ends within a month, or has ended. */
export interface TrustEnd {
  readonly signer: string;
  /** RFC 3339 */
  readonly until: string;
  /** The nearest threshold that was passed, in days. */
  readonly days: (typeof THRESHOLDS)[number];
}

/** In the order of their ends; what is revoked counts no more anyway. `now` is RFC 3339. */
export function trustEnds(signers: readonly Pick<PolicySigner, 'name' | 'until' | 'state'>[], now: string): TrustEnd[] {
  const ends = signers.flatMap(({ name, until, state }) => {
    if (until === undefined || state === 'revoked') return [];
    const left = Date.parse(until) - Date.parse(now);
    const days = THRESHOLDS.findLast((threshold) => left <= threshold * DAY_MS);
    return days === undefined ? [] : [{ signer: name, until, days }];
  });
  return ends.toSorted((a, b) => Date.parse(a.until) - Date.parse(b.until));
}
