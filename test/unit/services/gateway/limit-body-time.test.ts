/** Bodies that come slowly: whole ones have a time, those that are read as they come a pace. */
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import fastify from 'fastify';
import { afterEach, expect, test } from 'vitest';
import type { GatewayServer } from '../../../../services/gateway/gateway-server.ts';
import { limitBodyTime, pacedBody } from '../../../../services/gateway/limit-body-time.ts';

const MOST_MS = 150;

let app: GatewayServer | undefined;
afterEach(() => app?.close());

async function start(patienceMs: number): Promise<number> {
  const server = fastify({ requestTimeout: 0 }) as unknown as GatewayServer;
  app = server;
  limitBodyTime(server, MOST_MS);
  server.addContentTypeParser('application/x-ndjson', (_request, payload, done) =>
    done(null, pacedBody(payload, patienceMs)),
  );
  const count = async ({ body }: { body: unknown }) => {
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) bytes += chunk.length;
    return { bytes };
  };
  server.post('/feed', { config: { isStreamed: true } }, count as never);
  server.post('/hook', async () => ({}));
  await server.listen({ port: 0, host: '127.0.0.1' });
  return (server.server.address() as AddressInfo).port;
}

/** Sends parts of a body, one after each wait, and gives all that comes back until the connection is closed, or answered. */
async function send(
  port: number,
  path: string,
  type: string,
  length: number,
  parts: readonly string[],
  waitMs: number,
) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let said = '';
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      said += String(chunk);
      if (/\r\n\r\n(?:\{.*\})?$/.test(said)) resolve();
    });
    socket.once('close', () => resolve());
  });
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`);
  for (const part of parts) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    socket.write(part);
  }
  await answered;
  return { said, socket };
}

test('a feed that comes slower than a request may take is read to its end', async () => {
  const { said, socket } = await send(
    await start(60_000),
    '/feed',
    'application/x-ndjson',
    4,
    ['1', '\n', '2', '\n'],
    MOST_MS,
  );
  socket.destroy();
  expect(said).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"bytes":4\}$/);
});

test('a feed whose sender falls silent is answered, and its connection is not kept', async () => {
  const { said, socket } = await send(await start(50), '/feed', 'application/x-ndjson', 4, ['1'], 0);
  expect(said).toMatch(/^HTTP\/1\.1 500|^HTTP\/1\.1 408/);
  expect(said).toContain('nothing came for 50 ms');
  if (!socket.closed) await once(socket, 'close');
});

test('any other body has a time', async () => {
  const { said, socket } = await send(await start(60_000), '/hook', 'application/json', 4, ['{', ' ', ' '], 60);
  expect(said).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nConnection: close/);
  if (!socket.closed) await once(socket, 'close');
});

test('a body that comes at no pace is given up, however long we take to read it', async () => {
  const late = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  async function* body(bytes: number, waitMs: number) {
    for (let part = 0; part < 8; part += 1) {
      if (waitMs > 0) await late(waitMs);
      yield new Uint8Array(bytes);
    }
  }
  const read = async (chunks: AsyncIterable<Uint8Array>, waitMs: number) => {
    for await (const _ of chunks) if (waitMs > 0) await late(waitMs);
  };
  await expect(read(pacedBody(body(1, 30), 60), 0)).rejects.toMatchObject({ status: 408, code: 'REQUEST_TIMEOUT' });
  await expect(read(pacedBody(body(1, 0), 60), 30)).resolves.toBeUndefined();
});
