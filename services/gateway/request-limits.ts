/** How many requests one caller may make; beyond it, 429 with Retry-After. */
import { createCounter } from '../../adapters/telemetry/instruments.ts';
import { ApiError } from './api-error.ts';
import { createRateLimit } from './rate-limit.ts';

export interface RequestLimits {
  /** Of one API token, and of one address without one. */
  readonly apiPerSecond: number;
  /** Of one address, of all registries together where a proxy stands before the gateway. */
  readonly webhooksPerSecond: number;
}

/** Far above what people, pipelines and a busy registry ask for: against loops and floods, not against use. */
export const defaultLimits: RequestLimits = { apiPerSecond: 100, webhooksPerSecond: 1000 };

/** What may come at once is this many seconds' worth: a command line that lists, a registry that was away. */
const BURST_SECONDS = 10;

/** Throws 429 where `caller` has used up its requests. */
export type RequestGuard = (caller: string) => void;

/** `part` is what the metric calls it. Each guard counts its callers apart from those of any other. */
export function createRequestGuard(part: 'api' | 'events' | 'webhooks', perSecond: number): RequestGuard {
  const limit = createRateLimit({ burst: perSecond * BURST_SECONDS, perSecond });
  const limited = createCounter('pratique_requests_limited_total');
  return (caller) => {
    if (limit.take(caller, Date.now())) return;
    limited.add(1, { part });
    throw new ApiError(
      429,
      'RATE_LIMITED',
      `more than ${perSecond} requests a second for longer than ${BURST_SECONDS}`,
      {
        hint: 'wait as long as Retry-After says; lists take limit=200, and --wait asks as rarely as it can',
        retryAfterSeconds: Math.ceil(1 / perSecond),
      },
    );
  };
}
