/** Callers who hang up once their whole request was read: they are counted no longer, and their spans end. */
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { trace } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import fastify from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import type { GatewayServer } from '../../../../services/gateway/gateway-server.ts';
import { limitInFlight } from '../../../../services/gateway/limit-in-flight.ts';
import { observeRequests } from '../../../../services/gateway/request-telemetry.ts';
import { comes } from '../../../patience.ts';

const MOST = 2;
const POST = 'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';

let app: GatewayServer | undefined;
afterEach(async () => {
  trace.disable();
  await app?.close();
});

/** A server with one call that is answered once the test lets it. */
async function startServer(prepare: (server: GatewayServer) => void) {
  const server = fastify() as unknown as GatewayServer;
  app = server;
  prepare(server);
  const reached = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  let handled = 0;
  server.post('/slow', async () => {
    handled += 1;
    if (handled === MOST) reached.resolve();
    await answer.promise;
    return {};
  });
  server.get('/', async () => ({}));
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const hangUp = async () => {
    const sockets = Array.from({ length: MOST }, () => connect(port, '127.0.0.1'));
    for (const socket of sockets) socket.write(POST);
    await reached.promise;
    const closed = sockets.map((socket) => once(socket, 'close'));
    for (const socket of sockets) socket.resetAndDestroy();
    await Promise.all(closed);
    answer.resolve();
  };
  const status = async () => (await fetch(`http://127.0.0.1:${port}/`)).status;
  return { hangUp, status };
}

test('who hung up after the whole body was read takes no place of those who come', async () => {
  const { hangUp, status } = await startServer((server) => limitInFlight(server, MOST));
  expect(await status()).toBe(200);
  await hangUp();
  await vi.waitFor(async () => expect(await status()).toBe(200), comes);
});

test('one request more than may be answered at once is told to come back, until one of them is answered', async () => {
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const server = fastify() as unknown as GatewayServer;
  app = server;
  limitInFlight(server, 1);
  server.get('/', async () => {
    arrived.resolve();
    await answer.promise;
    return {};
  });
  const first = server.inject('/');
  await arrived.promise;
  expect((await server.inject('/')).statusCode).toBe(503);
  answer.resolve();
  expect((await first).statusCode).toBe(200);
  await vi.waitFor(async () => expect((await server.inject('/')).statusCode).toBe(200), comes);
});

test('the span of a request that was hung up on ends, and says so', async () => {
  const exporter = new tracing.InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new tracing.BasicTracerProvider({ spanProcessors: [new tracing.SimpleSpanProcessor(exporter)] }),
  );
  const { hangUp, status } = await startServer(observeRequests);
  await status();
  await hangUp();
  await vi.waitFor(() => expect(exporter.getFinishedSpans()).toHaveLength(1 + MOST), comes);
  const ends = exporter.getFinishedSpans().map(({ attributes }) => ({
    route: attributes['http.route'],
    status: attributes['http.response.status_code'],
    error: attributes['error.type'],
  }));
  expect(ends).toEqual([
    { route: '/', status: 200, error: undefined },
    { route: '/slow', status: undefined, error: 'hung-up' },
    { route: '/slow', status: undefined, error: 'hung-up' },
  ]);
});
