/**
 * The one way out: every outgoing HTTP call of Pratique. Hosts come from configuration, never from an event or a manifest;
 * addresses are checked when connecting, so that a name which is rebound meanwhile does not help; redirects are followed by
 * hand, and lose their credentials at another host.
 */
import { lookup as resolveName } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { type EgressBody, egressBody } from './egress-body.ts';
import { toEgressError } from './egress-error.ts';
import { publicAddressesOnly } from './guarded-lookup.ts';
import { createHostList } from './host-list.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';
import { checkAddress, nextHop } from './next-hop.ts';
import { retry } from './retry.ts';

export interface EgressOptions {
  /** `host` or `host:port` that were configured by name: these may resolve to private addresses. `*.domain` are the public hosts below a domain. */
  readonly configuredHosts: readonly string[];
  /** Configured hosts that are spoken to without TLS, besides those on loopback addresses. */
  readonly plainHttpHosts?: readonly string[];
  /** PEM: certificate authorities of configured hosts, besides the system's. */
  readonly ca?: string;
  /** Whether public hosts that were not configured may be called (redirects of blobs to a storage service, feeds). */
  readonly allowPublicHosts: boolean;
  /** To one host. */
  readonly connections?: number;
  /** Milliseconds; `queueMs` is the longest wait for one of the connections, `headersMs` and `bodyMs` are the longest silence before the headers and between two chunks of a body; after `bodyMs` of waiting, a body must also come at a pace. */
  readonly timeouts?: {
    readonly queueMs?: number;
    readonly connectMs?: number;
    readonly headersMs?: number;
    readonly bodyMs?: number;
  };
  /** How names become addresses; the system's way unless given. */
  readonly lookup?: LookupFunction;
}

export interface EgressRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** Lower-case names. At another host than the one asked, only `accept` and `range` are sent. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A function is called again for each try. */
  readonly body?: Uint8Array | string | (() => ByteStream | Promise<ByteStream>);
  readonly signal?: AbortSignal;
  /** Tries after the first on 429, 5xx and broken connections. Only where the same call twice does no harm. Default: 4 for GET and HEAD, else none. */
  readonly retries?: number;
  /** Of the answer's body. Default: none for a stream, 4 MiB for `bytes()` and `json()`. */
  readonly maxBytes?: number;
}

export interface EgressResponse {
  readonly status: number;
  /** Lower-case names; several values of one are joined by a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The address that answered, after redirects. */
  readonly url: string;
  readonly body: EgressBody;
}

export interface Egress {
  /** Throws an EgressError, or the signal's reason; an answer of any status is a result. */
  send(call: EgressRequest): Promise<EgressResponse>;
  close(): Promise<void>;
}

/** All connections may be busy with blobs of many GiB for a while; for longer, something holds them that does not let go. */
const QUEUE_TIMEOUT_MS = 600_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** A registry on object storage copies a blob of many GiB before it answers the PUT that ends an upload. */
const HEADERS_TIMEOUT_MS = 180_000;
const BODY_TIMEOUT_MS = 60_000;
const CONNECTIONS = 32;
const DEFAULT_RETRIES = 4;

export function createEgress(options: EgressOptions): Egress {
  const allowed = createHostList(options);
  const {
    queueMs = QUEUE_TIMEOUT_MS,
    connectMs = CONNECT_TIMEOUT_MS,
    headersMs = HEADERS_TIMEOUT_MS,
    bodyMs = BODY_TIMEOUT_MS,
  } = options.timeouts ?? {};
  // Looked up when a name is: addresses need none of it.
  const lookup: LookupFunction = options.lookup ?? ((...asked) => resolveName(...asked));
  const clientFor = (names: LookupFunction, secureContext?: SecureContext) =>
    createHttpClient({
      connections: options.connections ?? CONNECTIONS,
      queueMs,
      connectMs,
      headersMs,
      lookup: names,
      ...(secureContext === undefined ? {} : { secureContext }),
    });
  // Once: hundreds of certificates are parsed for it.
  const trusting =
    options.ca === undefined ? undefined : createSecureContext({ ca: [...getCACertificates(), options.ca] });
  const clients = { configured: clientFor(lookup, trusting), public: clientFor(publicAddressesOnly(lookup)) };

  const sendOnce = async (call: EgressRequest): Promise<EgressResponse> => {
    let hop = { url: new URL(call.url), headers: call.headers ?? {}, redirects: 0 };
    for (;;) {
      const standing = allowed(hop.url);
      checkAddress(hop.url, standing);
      const response = await exchange(standing.private ? clients.configured : clients.public, call, hop, bodyMs);
      const next = await nextHop(hop, response, call.method);
      if (next === undefined) return response;
      hop = next;
    }
  };

  return {
    send: (call) =>
      retry(() => sendOnce(call), {
        retries: call.retries ?? (call.method === 'GET' || call.method === 'HEAD' ? DEFAULT_RETRIES : 0),
        signal: call.signal,
      }),
    async close() {
      clients.configured.close();
      clients.public.close();
    },
  };
}

async function exchange(
  client: HttpClient,
  call: EgressRequest,
  { url, headers }: { url: URL; headers: Readonly<Record<string, string>> },
  patienceMs: number,
): Promise<EgressResponse> {
  const source = typeof call.body === 'function' ? watched(await call.body()) : undefined;
  const place = `${url.origin}${url.pathname}`;
  const answer = await client
    .send({
      url,
      method: call.method,
      headers,
      body: source === undefined ? (call.body as Uint8Array | string | undefined) : source.bytes,
      signal: call.signal,
    })
    .catch((error: unknown) => {
      // What we were given to send failed, not the network.
      const failure = source?.failure();
      if (failure !== undefined && !(call.signal?.aborted ?? false)) throw failure.error;
      throw toEgressError(error, place, call.signal);
    });
  return {
    // 0 is for requests that a server gets.
    status: answer.statusCode ?? 0,
    headers: flatten(answer.headersDistinct),
    url: url.href,
    body: egressBody(answer, { place, maxBytes: call.maxBytes, signal: call.signal, patienceMs }),
  };
}

/** Remembers what a stream failed with: HTTP clients wrap it, or drop it. */
function watched(source: ByteStream) {
  let failure: { readonly error: unknown } | undefined;
  async function* bytes() {
    try {
      yield* source;
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  return { bytes: bytes(), failure: () => failure };
}

function flatten(headers: Readonly<Record<string, readonly string[] | undefined>>): EgressResponse['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values?.join(', ')]));
}
