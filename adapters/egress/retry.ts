import { setTimeout as delay } from 'node:timers/promises';
import type { EgressResponse } from './egress.ts';
import { EgressError } from './egress-error.ts';

const FIRST_BACKOFF_MS = 200;
/** A server that asks for a longer wait is given up, so that its caller can wait without holding anything. */
const LONGEST_WAIT_MS = 20_000;

/** Tries again on 429, 5xx and broken connections, at most `retries` times; the last outcome is the result. */
export async function retry(
  act: () => Promise<EgressResponse>,
  { retries, signal }: { readonly retries: number; readonly signal: AbortSignal | undefined },
): Promise<EgressResponse> {
  for (let attempt = 0; ; attempt += 1) {
    signal?.throwIfAborted();
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** attempt * (0.5 + Math.random()), LONGEST_WAIT_MS);
    let wait = backoff;
    try {
      const response = await act();
      const asked = (parseRetryAfter(response.headers['retry-after'], Date.now()) ?? 0) * 1000;
      if (attempt >= retries || !isPassing(response.status) || asked > LONGEST_WAIT_MS) return response;
      await response.body.dump();
      wait = Math.max(asked, backoff);
    } catch (error) {
      if (attempt >= retries || !isTransient(error)) throw error;
    }
    await delay(wait, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

/** "Not now": RFC 9110 section 15.6, RFC 6585 section 4. */
function isPassing(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

function isTransient(error: unknown): boolean {
  return error instanceof EgressError && (error.code === 'EGRESS_UNREACHABLE' || error.code === 'EGRESS_TIMEOUT');
}

/** Seconds to wait: a number or an HTTP date (RFC 9110 section 10.2.3); undefined where the header is neither. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,6}$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}
