/** What stands before a Temporal cluster: TLS with a certificate on both sides, and an API key in every call. */
import { once } from 'node:events';
import { connect, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { CertifiedKey } from '../../certificates.ts';

export interface TlsProxy extends AsyncDisposable {
  readonly port: number;
  /** Paths of the calls that were let through, `/<service>/<method>`. */
  readonly passed: string[];
}

/** gRPC's code for "not authenticated". */
const UNAUTHENTICATED = '16';
const hopByHop = new Set([':method', ':path', ':scheme', ':authority', ':status']);

export async function startTlsProxy(options: {
  /** `host:port` of the server without TLS. */
  readonly target: string;
  readonly own: CertifiedKey;
  /** PEM: whose certificates are asked for. */
  readonly clientCa: string;
  readonly apiKey: string;
}): Promise<TlsProxy> {
  const upstream = connect(`http://${options.target}`);
  upstream.on('error', () => undefined);
  const passed: string[] = [];
  const server = createSecureServer({
    ...options.own,
    ca: options.clientCa,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined);
    if (headers.authorization !== `Bearer ${options.apiKey}`) {
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': UNAUTHENTICATED },
        { endStream: true },
      );
      return;
    }
    passed.push(String(headers[':path']));
    forward(stream, headers);
  });
  const forward = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const call = upstream.request(headers);
    call.on('error', () => stream.destroy());
    stream.on('close', () => call.destroy());
    stream.pipe(call);
    call.on('response', (answer, flags) => {
      const kept = Object.fromEntries(Object.entries(answer).filter(([name]) => !hopByHop.has(name)));
      // NGHTTP2_FLAG_END_STREAM: an answer of trailers alone.
      const ends = (flags & 1) === 1;
      stream.respond({ ':status': answer[':status'] ?? 200, ...kept }, { endStream: ends, waitForTrailers: !ends });
      if (ends) return;
      let trailers: Record<string, string | string[] | undefined> = {};
      call.on('trailers', (last) => {
        trailers = Object.fromEntries(Object.entries(last));
      });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      call.on('data', (chunk: Buffer) => void stream.write(chunk));
      call.on('end', () => stream.end());
    });
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    passed,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      upstream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
