import type { IncomingMessage } from 'node:http';
import { within } from '../../adapters/concurrency/within.ts';
import { ApiError } from './api-error.ts';
import type { GatewayServer } from './gateway-server.ts';

/** For a whole body, where its route does not say that it is read as it comes. */
const BODY_MS = 120_000;
/** Longest silence of a body that is read as it comes, and the waiting after which its pace counts. */
const PATIENCE_MS = 60_000;
/** On average, while we wait. */
const LEAST_BYTES_PER_SECOND = 4096;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its body is read by `pacedBody`: a whole feed may take longer than a request may. */
    readonly isStreamed?: boolean;
  }
}

/** Ends requests whose body is not there in time (408), as Node's `requestTimeout` does: which knows of no route that may take longer. */
export function limitBodyTime(app: GatewayServer, most: number = BODY_MS): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { headers } = request.raw;
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return done();
    let timer: NodeJS.Timeout | undefined;
    const start = () => {
      timer = setTimeout(() => endUnread(request.raw, reply.raw.headersSent), most).unref();
    };
    // What is left of a body that was answered already is nobody's to read.
    if (request.routeOptions.config.isStreamed === true) reply.raw.once('finish', start);
    else start();
    request.raw.once('close', () => clearTimeout(timer));
    done();
  });
}

function endUnread(request: IncomingMessage, isAnswered: boolean): void {
  if (request.complete) return;
  if (!isAnswered) request.socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
  request.socket.destroySoon();
}

/** A body as it comes. Throws an ApiError (408) where its sender falls silent or keeps no pace; how slowly it is read here does not count. */
export async function* pacedBody(
  body: AsyncIterable<Uint8Array>,
  patienceMs = PATIENCE_MS,
): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  let waitedMs = 0;
  let bytes = 0;
  for (;;) {
    const asked = performance.now();
    const next = await within(patienceMs, chunks.next(), () => 'late' as const);
    if (next === 'late') throw tooSlow(`nothing came for ${patienceMs} ms`);
    if (next.done === true) return;
    waitedMs += performance.now() - asked;
    bytes += next.value.length;
    if (waitedMs > patienceMs && bytes < (waitedMs / 1000) * LEAST_BYTES_PER_SECOND)
      throw tooSlow(`fewer than ${LEAST_BYTES_PER_SECOND} bytes a second came`);
    yield next.value;
  }
}

function tooSlow(why: string): ApiError {
  return new ApiError(408, 'REQUEST_TIMEOUT', `the body was given up: ${why}; what is in force stays`, {
    hint: 'Send it again, from nearer or over a faster line',
  });
}
