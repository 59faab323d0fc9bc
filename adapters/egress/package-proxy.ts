/** The way out of what fetches packages: an HTTP proxy on a Unix socket that leads to public hosts and configured ones, nowhere else. */
import { lookup as resolveName } from 'node:dns';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { EgressError } from './egress-error.ts';
import { othersAddressesOnly, publicAddressesOnly } from './guarded-lookup.ts';
import { createHostList } from './host-list.ts';
import { isPrivateAddress } from './private-address.ts';

export interface PackageProxyOptions {
  /** Whoever may write to it may use it. */
  readonly socket: string;
  /** `host` or `host:port`: may be anywhere, and at any port. */
  readonly configuredHosts: readonly string[];
  /** Names that may be anywhere but on this machine. */
  readonly knownHosts: readonly string[];
  /** An HTTP proxy that everything goes through, with its credentials, which its users do not see. */
  readonly upstream?: URL;
  /** Hosts and domains that do not, as `no_proxy` has them. */
  readonly direct?: readonly string[];
  readonly lookup?: LookupFunction;
}

export interface PackageProxy {
  /** `host:port` of what was refused, once each. */
  readonly refused: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Milliseconds. A client that is silent for longer holds nothing. */
const CONNECT_MS = 20_000;
const IDLE_MS = 120_000;
const CONNECTIONS = 256;

/** Listens until it is closed. */
export async function startPackageProxy(options: PackageProxyOptions): Promise<PackageProxy> {
  const refused = new Set<string>();
  const sockets = new Set<Duplex>();
  const gate = createGate(options);
  const track = <T extends Duplex>(socket: T): T => {
    sockets.add(socket);
    return socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy()) as T;
  };
  const upstreamOf = ({ hostname }: URL) =>
    (options.direct ?? []).some((one) => one === '*' || `.${hostname}`.endsWith(`.${one.replace(/^\*?\./, '')}`))
      ? undefined
      : options.upstream;
  /** Undefined for what is refused, and noted. */
  const open = async (target: URL): Promise<Opened | undefined> => {
    const passage = gate(target);
    const upstream = upstreamOf(target);
    if (passage !== undefined && (upstream === undefined || (await mayPass(target, passage))))
      return { target, lookup: passage.lookup, upstream };
    refused.add(`${target.hostname}:${portOf(target)}`);
    return undefined;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const target = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
    const opened = target?.protocol === 'http:' ? await open(target) : undefined;
    if (opened !== undefined) return forward(request, response, opened);
    if (target !== undefined) refused.add(`${target.hostname}:${portOf(target)}`);
    response.writeHead(403).end('not a host that packages are fetched from\n');
  };
  const connectTo = async (place: string | undefined, client: Duplex, head: Buffer) => {
    const opened = URL.canParse(`https://${place}`) ? await open(new URL(`https://${place}`)) : undefined;
    if (opened === undefined) return void client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    if (!client.destroyed) tunnel(client, track(dial(opened)), head, opened);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.maxConnections = CONNECTIONS;
  server.on('connection', track);
  server.on('connect', (request, client, head) => {
    connectTo(request.url, track(client), head).catch(() => client.destroy());
  });
  server.listen(options.socket);
  await once(server, 'listening');
  await chmod(options.socket, 0o666);
  return {
    refused,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** How a target's name is looked up, and on whose word it is a target at all. */
interface Passage {
  readonly lookup: LookupFunction;
  readonly word: 'configured' | 'known' | 'public';
}

/**
 * A proxy behind this one looks names up for itself: they are looked up here first, and refused where they would be without it.
 * Where they resolve there alone, only configured and known ones pass.
 */
async function mayPass(target: URL, { lookup, word }: Passage): Promise<boolean> {
  const host = hostOf(target);
  if (word === 'configured' || isIP(host) !== 0) return true;
  const error = await new Promise<Error | null>((resolve) => lookup(host, { all: true }, (failed) => resolve(failed)));
  return error === null || (word === 'known' && !(error instanceof EgressError));
}

/** Undefined for what is refused. */
function createGate({ configuredHosts, knownHosts, lookup = resolveName }: PackageProxyOptions) {
  const standing = createHostList({ configuredHosts, allowPublicHosts: true });
  const known = new Set(knownHosts);
  return (target: URL): Passage | undefined => {
    if (target.username !== '') return undefined;
    if (standing(target).private) return { lookup, word: 'configured' };
    const port = portOf(target);
    if (port !== 443 && port !== 80) return undefined;
    const host = hostOf(target);
    if (isIP(host) !== 0) return isPrivateAddress(host) ? undefined : { lookup, word: 'public' };
    return known.has(host)
      ? { lookup: othersAddressesOnly(lookup), word: 'known' }
      : { lookup: publicAddressesOnly(lookup), word: 'public' };
  };
}

/** What passed the gate, and how it is reached. */
interface Opened {
  readonly target: URL;
  readonly lookup: LookupFunction;
  readonly upstream: URL | undefined;
}

function dial({ target, lookup, upstream }: Opened): Socket {
  const socket =
    upstream === undefined
      ? connect({ host: hostOf(target), port: portOf(target), lookup })
      : connect({ host: upstream.hostname, port: portOf(upstream) });
  return socket.setTimeout(CONNECT_MS, () => socket.destroy());
}

function tunnel(client: Duplex, remote: Socket, head: Buffer, { target, upstream }: Opened): void {
  const join = () => {
    remote.setTimeout(IDLE_MS);
    remote.write(head);
    client.pipe(remote).pipe(client);
  };
  client.on('close', () => remote.destroy());
  // What has come is still handed on.
  remote.on('close', () => client.end());
  remote.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  remote.once('connect', () => {
    if (upstream === undefined) {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      return join();
    }
    // The next proxy's answer is the client's.
    const place = `${target.hostname}:${portOf(target)}`;
    remote.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${authorization(upstream)}\r\n`);
    join();
  });
}

/** RFC 9110 section 7.6.1: what is meant for the next hop only is not sent on. */
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'te', 'upgrade']);

function forward(request: IncomingMessage, response: ServerResponse, { target, lookup, upstream }: Opened): void {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !hopByHop.has(name)));
  const credentials =
    upstream === undefined
      ? ''
      : authorization(upstream)
          .replace(/^[^:]*: /, '')
          .trim();
  const outgoing = requestHttp({
    ...(upstream === undefined
      ? { host: target.hostname, port: portOf(target), path: `${target.pathname}${target.search}`, lookup }
      : { host: upstream.hostname, port: portOf(upstream), path: target.href }),
    method: request.method ?? 'GET',
    headers: { ...headers, host: target.host, ...(credentials === '' ? {} : { 'proxy-authorization': credentials }) },
    timeout: CONNECT_MS,
    agent: false,
  });
  const fail = () => (response.headersSent ? response.destroy() : response.writeHead(502).end());
  outgoing.on('timeout', () => outgoing.destroy()).on('error', fail);
  outgoing.on('response', (answer) => {
    answer.on('error', fail);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  request.pipe(outgoing);
}

function authorization({ username, password }: URL): string {
  if (username === '') return '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Proxy-Authorization: Basic ${Buffer.from(pair).toString('base64')}\r\n`;
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
}
