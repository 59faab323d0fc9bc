import { isIP } from 'node:net';
import type { EgressResponse } from './egress.ts';
import { EgressError } from './egress-error.ts';
import type { Standing } from './host-list.ts';
import { isPrivateAddress } from './private-address.ts';

/** Registries redirect a blob to object storage once, some through a second host. */
const MAX_REDIRECTS = 5;
const redirects = new Set([301, 302, 303, 307, 308]);
/** The only headers that another host may see. */
const harmless = new Set(['accept', 'range', 'accept-encoding']);

export interface Hop {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly redirects: number;
}

/** Throws an EgressError for what must not be called; names are checked again, by address, when connecting. */
export function checkAddress(url: URL, standing: Standing): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new EgressError('EGRESS_HOST_NOT_ALLOWED', `${url.protocol} is not spoken: use https`);
  if (url.protocol === 'http:' && !standing.plainHttp)
    throw new EgressError(
      'EGRESS_PLAIN_HTTP_REFUSED',
      `${url.host}: plain HTTP is for loopback addresses, and hosts it is configured for`,
    );
  if (standing.private) return;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!standing.public || host === 'localhost' || (isIP(host) !== 0 && isPrivateAddress(host)))
    throw new EgressError(
      'EGRESS_HOST_NOT_ALLOWED',
      `${url.host} is not configured: name it in the configuration to allow it`,
    );
}

/**
 * Where a redirect (RFC 9110 section 15.4) of a read leads; undefined where `response` is none. What is sent on to another
 * host, it gets without credentials, and they do not come back at a later one. Throws EGRESS_REDIRECT_REFUSED.
 */
export async function nextHop(hop: Hop, response: EgressResponse, method: string): Promise<Hop | undefined> {
  if (!redirects.has(response.status) || (method !== 'GET' && method !== 'HEAD')) return undefined;
  await response.body.dump();
  const refuse = (why: string) =>
    new EgressError('EGRESS_REDIRECT_REFUSED', `${hop.url.origin}${hop.url.pathname}: ${why}`);
  const { location } = response.headers;
  if (location === undefined || !URL.canParse(location, hop.url.href))
    throw refuse('redirects without saying where to');
  if (hop.redirects >= MAX_REDIRECTS) throw refuse(`more than ${MAX_REDIRECTS} redirects`);
  const url = new URL(location, hop.url);
  if (hop.url.protocol === 'https:' && url.protocol !== 'https:') throw refuse(`redirects down to ${url.protocol}`);
  const same = url.origin === hop.url.origin;
  const headers = same
    ? hop.headers
    : Object.fromEntries(Object.entries(hop.headers).filter(([name]) => harmless.has(name.toLowerCase())));
  return { url, headers, redirects: hop.redirects + 1 };
}
