import { type Context, context, propagation, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { createHistogram } from '../../adapters/telemetry/instruments.ts';
import type { GatewayServer } from './gateway-server.ts';

interface Observed {
  readonly span: Span;
  readonly context: Context;
}

/** A span and a duration per request; everything a handler does happens inside its span. */
export function observeRequests(app: GatewayServer): void {
  const duration = createHistogram('pratique_http_request_duration_seconds');
  const observed = new WeakMap<FastifyRequest, Observed>();
  const routeOf = (request: FastifyRequest) => request.routeOptions.url ?? 'unknown';

  app.addHook('onRequest', (request, reply, done) => {
    const parent = propagation.extract(context.active(), request.headers);
    const attributes = { 'http.request.method': request.method, 'http.route': routeOf(request) };
    const name = `${request.method} ${routeOf(request)}`;
    const span = trace.getTracer('pratique').startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    const current = trace.setSpan(parent, span);
    observed.set(request, { span, context: current });
    // A caller who hung up gets no response, and no `onResponse` hook either.
    reply.raw.once('close', () => {
      if (span.isRecording()) span.setAttribute('error.type', 'hung-up').end();
    });
    context.with(current, done);
  });
  // Reading a body continues in the socket's context: go back to the request's before its handler runs.
  app.addHook('preValidation', (request, _reply, done) => {
    context.with(observed.get(request)?.context ?? context.active(), done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const span = observed.get(request)?.span;
    span?.setAttribute('http.response.status_code', reply.statusCode);
    span?.end();
    duration.record(reply.elapsedTime / 1000, {
      method: request.method,
      route: routeOf(request),
      status: String(reply.statusCode),
    });
    done();
  });
}
