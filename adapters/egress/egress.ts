/**
 * The one way out: every outgoing HTTP call of Pratique. Hosts come from configuration, never from an event or a manifest;
 * addresses are checked when connecting, so that a name which is rebound meanwhile does not help; redirects are followed by
 * hand, and lose their credentials at another host.
 */
import { lookup as resolveName } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { type EgressBody, egressBody } from './egress-body.ts';
import { toEgressError } from './egress-error.ts';
import { publicAddressesOnly } from './guarded-lookup.ts';
import { createHostList } from './host-list.ts';
import { Agent } from './http-agent.ts';
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
  /** Milliseconds; `headersMs` and `bodyMs` are the longest silence before the headers and between two chunks of a body; after `bodyMs` of waiting, a body must also come at a pace. */
  readonly timeouts?: { readonly connectMs?: number; readonly headersMs?: number; readonly bodyMs?: number };
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

const CONNECT_TIMEOUT_MS = 10_000;
/** A registry on object storage copies a blob of many GiB before it answers the PUT that ends an upload. */
const HEADERS_TIMEOUT_MS = 180_000;
const BODY_TIMEOUT_MS = 60_000;
const CONNECTIONS = 32;
const DEFAULT_RETRIES = 4;

export function createEgress(options: EgressOptions): Egress {
  const allowed = createHostList(options);
  const lookup = options.lookup ?? resolveName;
  const agentFor = (names: LookupFunction, secureContext?: SecureContext) =>
    new Agent({
      connections: options.connections ?? CONNECTIONS,
      headersTimeout: options.timeouts?.headersMs ?? HEADERS_TIMEOUT_MS,
      bodyTimeout: options.timeouts?.bodyMs ?? BODY_TIMEOUT_MS,
      keepAliveTimeout: 30_000,
      // undici's HTTP/2 takes all the memory there is when a body that is sent breaks off.
      allowH2: false,
      connect: {
        lookup: names,
        timeout: options.timeouts?.connectMs ?? CONNECT_TIMEOUT_MS,
        ...(secureContext === undefined ? {} : { secureContext }),
      },
    });
  // Once: hundreds of certificates are parsed for it.
  const trusting =
    options.ca === undefined ? undefined : createSecureContext({ ca: [...getCACertificates(), options.ca] });
  const agents = { configured: agentFor(lookup, trusting), public: agentFor(publicAddressesOnly(lookup)) };

  const patienceMs = options.timeouts?.bodyMs ?? BODY_TIMEOUT_MS;

  const sendOnce = async (call: EgressRequest): Promise<EgressResponse> => {
    let hop = { url: new URL(call.url), headers: call.headers ?? {}, redirects: 0 };
    for (;;) {
      const standing = allowed(hop.url);
      checkAddress(hop.url, standing);
      const response = await exchange(standing.private ? agents.configured : agents.public, call, hop, patienceMs);
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
      await Promise.all([agents.configured.close(), agents.public.close()]);
    },
  };
}

async function exchange(
  agent: Agent,
  call: EgressRequest,
  { url, headers }: { url: URL; headers: Readonly<Record<string, string>> },
  patienceMs: number,
): Promise<EgressResponse> {
  const source = typeof call.body === 'function' ? watched(await call.body()) : undefined;
  const body =
    source === undefined
      ? (call.body as Uint8Array | string | undefined)
      : Readable.from(source.bytes, { objectMode: false });
  const place = `${url.origin}${url.pathname}`;
  const answer = await agent
    .request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: call.method,
      headers,
      // undici closes the connection after every HEAD otherwise, for servers that send a body with it; such a body would be
      // taken for the next answer, which is refused as malformed and asked for again on another connection.
      reset: false,
      ...(body === undefined ? {} : { body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    })
    .catch((error: unknown) => {
      // What we were given to send failed, not the network.
      const failure = source?.failure();
      if (failure !== undefined && !(call.signal?.aborted ?? false)) throw failure.error;
      throw toEgressError(error, place, call.signal);
    });
  return {
    status: answer.statusCode,
    headers: flatten(answer.headers),
    url: url.href,
    body: egressBody(answer.body, { place, maxBytes: call.maxBytes, signal: call.signal, patienceMs }),
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

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
