/**
 * The one way out: every outgoing HTTP call of Pratique. Hosts come from configuration, never from an event or a manifest;
 * addresses are checked when connecting, so that a name which is rebound meanwhile does not help; redirects are followed by
 * hand, and lose their credentials at another host.
 */
import { lookup as resolveName } from 'node:dns';
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { EgressError } from './egress-error.ts';
import { isPrivateAddress } from './private-address.ts';

export interface EgressOptions {
  /** `host` or `host:port` that were configured by name: these may resolve to private addresses. */
  readonly configuredHosts: readonly string[];
  /** Whether public hosts that were not configured may be called (redirects of blobs to a storage service, feeds). */
  readonly allowPublicHosts: boolean;
  readonly connections?: number;
}

export interface EgressRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A function is called again for each try. */
  readonly body?: Uint8Array | string | (() => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>);
  readonly signal?: AbortSignal;
  /** Tries after the first on 429, 5xx and broken connections. Only where the same call twice does no harm. */
  readonly retries?: number;
}

export interface EgressResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The address that answered, after redirects. */
  readonly url: string;
  readonly body: Dispatcher.ResponseData['body'];
}

export interface Egress {
  send(call: EgressRequest): Promise<EgressResponse>;
  close(): Promise<void>;
}

const MAX_REDIRECTS = 5;
const CONNECT_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 60_000;
/** Between two chunks of a body. */
const BODY_TIMEOUT_MS = 60_000;
const DEFAULT_RETRIES = 4;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 20_000;

export function createEgress(options: EgressOptions): Egress {
  const configured = new Set(options.configuredHosts);
  const isConfigured = (host: string) => configured.has(host) || configured.has(host.replace(/:\d+$/, ''));
  const agentFor = (trusted: boolean) =>
    new Agent({
      connections: options.connections ?? 32,
      connectTimeout: CONNECT_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: BODY_TIMEOUT_MS,
      keepAliveTimeout: 30_000,
      connect: trusted ? {} : { lookup: publicLookup },
    });
  const agents = { configured: agentFor(true), public: agentFor(false) };

  const sendOnce = async (call: EgressRequest): Promise<EgressResponse> => {
    let url = new URL(call.url);
    const home = url.host;
    for (let redirects = 0; ; redirects += 1) {
      const known = isConfigured(url.host);
      checkAddress(url, known, options.allowPublicHosts);
      const headers = { ...call.headers };
      if (url.host !== home) delete headers.authorization;
      const response = await request(url, {
        method: call.method,
        headers,
        body: (typeof call.body === 'function'
          ? await call.body()
          : (call.body ?? null)) as NonNullable<Dispatcher.DispatchOptions['body']> | null,
        dispatcher: known ? agents.configured : agents.public,
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
      const flat = flatten(response.headers);
      const location = flat.location;
      const isRedirect =
        [301, 302, 303, 307, 308].includes(response.statusCode) &&
        location !== undefined &&
        (call.method === 'GET' || call.method === 'HEAD');
      if (!isRedirect) return { status: response.statusCode, headers: flat, url: url.href, body: response.body };
      await response.body.dump();
      if (redirects >= MAX_REDIRECTS)
        throw new EgressError('EGRESS_TOO_MANY_REDIRECTS', `${home}: more than ${MAX_REDIRECTS} redirects`);
      url = new URL(location, url);
    }
  };

  return {
    async send(call) {
      const retries = call.retries ?? (call.method === 'GET' || call.method === 'HEAD' ? DEFAULT_RETRIES : 0);
      for (let attempt = 0; ; attempt += 1) {
        const outcome = await sendOnce(call).catch((error: unknown) => toEgressError(error, call));
        const last = attempt >= retries;
        if (outcome instanceof EgressError) {
          if (last || (outcome.code !== 'EGRESS_UNREACHABLE' && outcome.code !== 'EGRESS_TIMEOUT')) throw outcome;
          await pause(attempt, undefined, call.signal);
        } else if (!last && (outcome.status === 429 || outcome.status >= 500)) {
          await outcome.body.dump();
          await pause(attempt, outcome.headers['retry-after'], call.signal);
        } else return outcome;
      }
    },
    async close() {
      await Promise.all([agents.configured.close(), agents.public.close()]);
    },
  };
}

function checkAddress(url: URL, configured: boolean, allowPublic: boolean): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new EgressError('EGRESS_HOST_NOT_ALLOWED', `${url.protocol} is not spoken: use https`);
  if (url.protocol === 'http:' && !isLoopbackHost(url.host))
    throw new EgressError('EGRESS_PLAIN_HTTP_REFUSED', `${url.host}: plain HTTP is for loopback addresses only`);
  if (configured) return;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPublic || host === 'localhost' || (isIP(host) !== 0 && isPrivateAddress(host)))
    throw new EgressError(
      'EGRESS_HOST_NOT_ALLOWED',
      `${url.host} is not configured: name it in the configuration to allow it`,
    );
}

/** Resolves like the system does, and refuses names that lead into private networks. */
const publicLookup: typeof resolveName = ((
  hostname: string,
  lookupOptions: object,
  callback: (error: Error | null, address?: unknown, family?: number) => void,
) => {
  resolveName(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
    if (error !== null) return callback(error);
    const list = addresses as unknown as { address: string; family: number }[];
    const refused = list.find(({ address }) => isPrivateAddress(address));
    if (refused !== undefined)
      return callback(new EgressError('EGRESS_HOST_NOT_ALLOWED', `${hostname} resolves to a private address`));
    if ((lookupOptions as { all?: boolean }).all) return callback(null, list);
    return callback(null, list[0]?.address, list[0]?.family);
  });
}) as unknown as typeof resolveName;

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}

function toEgressError(error: unknown, call: EgressRequest): EgressError {
  if (error instanceof EgressError) return error;
  if (call.signal?.aborted === true) throw error;
  const host = new URL(call.url).host;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof EgressError) return cause;
  const code = (error as { code?: string }).code ?? '';
  if (code.endsWith('_TIMEOUT'))
    return new EgressError('EGRESS_TIMEOUT', `${host} did not answer in time`, { cause: error });
  return new EgressError('EGRESS_UNREACHABLE', `${host} can not be reached (${code || (error as Error).message})`, {
    cause: error,
  });
}

async function pause(attempt: number, retryAfter: string | undefined, signal: AbortSignal | undefined): Promise<void> {
  const asked = retryAfter === undefined ? undefined : Number(retryAfter) * 1000;
  const backoff = FIRST_BACKOFF_MS * 2 ** attempt * (0.5 + Math.random());
  await delay(
    Math.min(asked !== undefined && Number.isFinite(asked) ? asked : backoff, LONGEST_BACKOFF_MS),
    undefined,
    signal === undefined ? {} : { signal },
  );
}
