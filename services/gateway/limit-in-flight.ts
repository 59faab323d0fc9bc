import { ApiError } from './api-error.ts';
import type { GatewayServer } from './gateway-server.ts';

/** Requests answered at once; the next one is told to come back rather than made to wait. */
const MAX_IN_FLIGHT = 1000;

/**
 * Answers 503 to what comes while `most` requests are being answered. The response's own `close` ends a request, answered or hung
 * up on: Fastify calls neither `onResponse` nor `onRequestAbort` for a caller who leaves after the whole body was read.
 */
export function limitInFlight(app: GatewayServer, most: number = MAX_IN_FLIGHT): void {
  let inFlight = 0;
  app.addHook('onRequest', (_request, reply, done) => {
    inFlight += 1;
    reply.raw.once('close', () => {
      inFlight -= 1;
    });
    if (inFlight <= most) return done();
    done(new ApiError(503, 'UNAVAILABLE', 'too many requests at once', { retryAfterSeconds: 1 }));
  });
}
