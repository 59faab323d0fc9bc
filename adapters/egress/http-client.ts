/** HTTP/1.1 by Node's own client, with an end to every wait: connections of a host are kept and used again. */
import { Agent, type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { EgressError } from './egress-error.ts';
import { readInPlace } from './read-in-place.ts';

export interface HttpClientOptions {
  /** To one host. */
  readonly connections: number;
  /** Milliseconds until one of the connections is free. */
  readonly queueMs: number;
  /** Milliseconds for name, connection and TLS together. */
  readonly connectMs: number;
  /** Milliseconds without an answer: after all was sent, or while the server takes none of it. */
  readonly headersMs: number;
  /** How names become addresses; the system's way unless given. */
  readonly lookup?: LookupFunction;
  readonly secureContext?: SecureContext;
}

export interface HttpCall {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | ByteStream | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface HttpClient {
  /** The answer as soon as its headers are there. Its body must be read, or destroyed: it holds its connection. Throws whatever Node does, and EGRESS_TIMEOUT. */
  send(call: HttpCall): Promise<IncomingMessage>;
  /** Breaks off what is still running. */
  close(): void;
}

/** Milliseconds that a connection nobody uses stays open; a server that says less is believed. */
const KEEP_ALIVE_MS = 30_000;

/** What is needed of `node:http` or `node:https`. */
interface Protocol {
  readonly request: typeof requestPlain;
  readonly agent: Agent;
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { connections, lookup, secureContext } = options;
  const kept = {
    keepAlive: true,
    maxSockets: connections,
    maxFreeSockets: connections,
    timeout: KEEP_ALIVE_MS,
    ...(lookup === undefined ? {} : { lookup }),
  };
  const plain: Protocol = { request: requestPlain, agent: watchIdle(readInPlace(new Agent(kept))) };
  let secure: Promise<Protocol> | undefined;
  /** TLS takes as long to load as everything else of a short command. */
  const openSecure = async (): Promise<Protocol> => {
    const https = await import('node:https');
    const agent = new https.Agent({ ...kept, ...(secureContext === undefined ? {} : { secureContext }) });
    return { request: https.request, agent: watchIdle(readInPlace(agent)) };
  };
  return {
    async send(call) {
      if (call.url.protocol !== 'https:') return exchange(plain, call, options);
      secure ??= openSecure();
      return exchange(await secure, call, options);
    },
    close() {
      plain.agent.destroy();
      void secure?.then(({ agent }) => agent.destroy());
    },
  };
}

/** A server that speaks on a connection where nothing was asked is not asked there again: what it said would be taken for the next answer. */
function watchIdle<A extends Agent>(agent: A): A {
  const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => unknown;
  const reuse = agent.reuseSocket.bind(agent);
  const unasked = new WeakMap<Duplex, () => void>();
  return Object.assign(agent, {
    keepSocketAlive(socket: Duplex) {
      if (socket.readableLength > 0) return false;
      const end = () => void socket.destroy();
      unasked.set(socket, end);
      socket.on('data', end);
      return keep(socket);
    },
    reuseSocket(socket: Duplex, request: ClientRequest) {
      const end = unasked.get(socket);
      if (end !== undefined) socket.off('data', end);
      reuse(socket, request);
    },
  });
}

function exchange(
  { request, agent }: Protocol,
  { url, method, headers, body, signal }: HttpCall,
  { queueMs, connectMs, headersMs }: HttpClientOptions,
): Promise<IncomingMessage> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const call = request({
      agent,
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: `${url.pathname}${url.search}`,
      method,
      headers,
    });
    // A body that is longer or shorter than was announced is an error here, not at the server.
    Object.assign(call, { strictContentLength: true });
    let timer: NodeJS.Timeout | undefined;
    let isSending = true;
    const waitAtMost = (milliseconds: number, isOver: () => boolean, what = 'did not answer in time') => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (isOver()) end(new EgressError('EGRESS_TIMEOUT', `${url.origin}${url.pathname} ${what}`));
        else timer?.refresh();
      }, milliseconds);
    };
    // While whoever gives us the body is slow, the server has nothing to answer.
    const waitForAnswer = () => waitAtMost(headersMs, () => !isSending || call.writableNeedDrain);
    const end = (error: unknown) => {
      reject(error);
      call.destroy(error instanceof Error ? error : new Error('ended', { cause: error }));
    };
    const abort = () => end(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });

    waitAtMost(queueMs, () => true, 'was not asked: none of the connections to its host came free in time');
    call.once('socket', (socket) => {
      // `reusedSocket` says nothing here: a call that waited gets a connection which another has opened, and is not told.
      if (!isConnecting(socket)) return waitForAnswer();
      waitAtMost(connectMs, () => true);
      const connected = url.protocol === 'https:' ? 'secureConnect' : 'connect';
      socket.once(connected, waitForAnswer);
      call.once('close', () => socket.off(connected, waitForAnswer));
    });
    call.on('drain', () => timer?.refresh());
    call.once('finish', () => {
      isSending = false;
      timer?.refresh();
    });
    call.once('response', (answer) => {
      clearTimeout(timer);
      timer = undefined;
      // Whoever reads it is told.
      answer.on('error', () => undefined);
      // An answer before the end of what is sent: the rest is not sent, and the connection is no use any more.
      answer.once('end', () => isSending && call.destroy());
      if (method === 'HEAD' || answer.statusCode === 204 || answer.statusCode === 304) answer.resume();
      resolve(answer);
    });
    // It stays: a connection may break off when the answer has begun.
    call.on('error', reject);
    call.once('close', () => {
      clearTimeout(timer);
      timer = undefined;
      signal?.removeEventListener('abort', abort);
      reject(new Error('the connection was closed without an answer'));
    });
    sendBody(call, body).catch(end);
  });
}

/** Also until TLS is agreed upon, which Node's types do not know of. */
function isConnecting(socket: Socket & { readonly secureConnecting?: boolean }): boolean {
  return socket.connecting || socket.secureConnecting === true;
}

async function sendBody(call: ClientRequest, body: HttpCall['body']): Promise<void> {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    call.end(body);
    return;
  }
  for await (const chunk of body) {
    if (call.destroyed) return;
    if (!call.write(chunk)) await drained(call);
  }
  if (!call.destroyed) call.end();
}

function drained(call: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off('drain', done);
      call.off('close', done);
      resolve();
    };
    call.on('drain', done);
    call.on('close', done);
  });
}
