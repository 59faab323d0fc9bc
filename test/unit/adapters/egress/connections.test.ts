/** Connections: how many, how long, and when they are used again. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import {
  createEgress,
  type Egress,
  type EgressOptions,
  type EgressRequest,
} from '../../../../adapters/egress/egress.ts';
import { slowAnswer, timeouts } from './slow-answer.ts';

interface Counted extends AsyncDisposable {
  readonly host: string;
  readonly sockets: Socket[];
  readonly egress: Egress;
  get(call?: Partial<EgressRequest>): ReturnType<Egress['send']>;
}

/** A server that counts its connections, and an egress to it. */
async function start(answer: RequestListener, options: Partial<EgressOptions> = {}): Promise<Counted> {
  const server: Server = createServer(answer);
  const sockets: Socket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const egress = createEgress({ configuredHosts: [host], allowPublicHosts: false, ...options });
  return {
    host,
    sockets,
    egress,
    get: (call = {}) => egress.send({ method: 'GET', url: `http://${host}/`, retries: 0, ...call }),
    async [Symbol.asyncDispose]() {
      await egress.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
const text =
  (size: number): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, { 'content-length': size }).end('x'.repeat(size));

it.each<
  [string, Partial<EgressRequest>, RequestListener, (body: Awaited<ReturnType<Egress['send']>>['body']) => unknown]
>([
  ['a body that is read', {}, text(100_000), (body) => body.bytes()],
  ['a body that nobody wants', {}, text(10_000), (body) => body.dump()],
  ['an answer to HEAD, looked at or not', { method: 'HEAD' }, text(10_000), () => undefined],
  ['an answer without a body', {}, (_request, response) => void response.writeHead(204).end(), () => undefined],
  [
    'an answer without a body, read',
    {},
    (_request, response) => void response.writeHead(204).end(),
    (body) => body.bytes(),
  ],
  ['a write', { method: 'PUT', body: 'y'.repeat(100_000) }, text(3), (body) => body.dump()],
])('%s gives its connection back', async (_name, call, answer, read) => {
  await using server = await start(answer, { connections: 1 });
  for (let turn = 0; turn < 5; turn += 1) await read((await server.get(call)).body);
  expect(server.sockets).toHaveLength(1);
});

it('bodies that are read slowly, side by side, one after the other and all at once, are what was sent', async () => {
  const bodies = [randomBytes(3_000_000), randomBytes(2_000_001)] as const;
  let asked = 0;
  await using server = await start(
    (_request, response) => {
      const body = bodies[asked++ % 2];
      response.writeHead(200, asked > 2 ? {} : { 'content-length': body?.length }).end(body);
    },
    { connections: 2 },
  );
  const slowly = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for await (const chunk of chunks) {
      await delay(1);
      parts.push(Buffer.from(chunk));
    }
    return Buffer.concat(parts);
  };
  for (let turn = 0; turn < 2; turn += 1) {
    const first = await server.get();
    const second = await server.get();
    const read = await Promise.all([slowly(first.body), slowly(second.body.lent())]);
    expect(read.map((body, index) => body.equals(bodies[index] ?? body.subarray(1)))).toEqual([true, true]);
  }
  expect(server.sockets).toHaveLength(2);
});

it('of a long body that nobody wants, the connection is closed', async () => {
  await using server = await start(text(5_000_000), { connections: 1 });
  for (let turn = 0; turn < 3; turn += 1) await (await server.get()).body.dump();
  expect(server.sockets).toHaveLength(3);
});

it('there are never more than may be, and all are used', async () => {
  let now = 0;
  let most = 0;
  await using server = await start(
    (_request, response) => {
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        response.end('x');
      }, 20);
    },
    { connections: 3 },
  );
  await Promise.all(Array.from({ length: 12 }, async () => (await server.get()).body.bytes()));
  expect(most).toBe(3);
  expect(server.sockets).toHaveLength(3);
});

it('a call that is aborted while it waits for a connection ends at once, and takes none', async () => {
  const held: ServerResponse[] = [];
  await using server = await start((_request, response) => void held.push(response), { connections: 1 });
  const first = server.get();
  const stop = new AbortController();
  const second = server.get({ signal: stop.signal });
  const outcome = expect(second).rejects.toThrow('enough');
  await delay(30);
  stop.abort(new Error('enough'));
  await outcome;
  held[0]?.end('first');
  expect(new TextDecoder().decode(await (await first).body.bytes())).toBe('first');
  expect(held).toHaveLength(1);
});

it('a call that waited for a connection has as long for its answer as any other', async () => {
  await using server = await start(slowAnswer, { connections: 1, timeouts });
  const read = async () => new TextDecoder().decode(await (await server.get()).body.bytes());
  expect(await Promise.all([read(), read()])).toEqual(['safe', 'safe']);
  expect(server.sockets).toHaveLength(1);
});

it('a call that no connection comes free for is given up', async () => {
  await using server = await start(() => undefined, { connections: 1, timeouts: { queueMs: 50 } });
  const held = expect(server.get()).rejects.toThrow();
  await expect(server.get()).rejects.toMatchObject({
    code: 'EGRESS_TIMEOUT',
    message: expect.stringContaining('none of the connections'),
  });
  server.sockets[0]?.destroy();
  await held;
});

it('a signal keeps nothing of the calls it was for', async () => {
  await using server = await start(text(10));
  const { signal } = new AbortController();
  let listening = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  Object.assign(signal, {
    addEventListener: (...given: Parameters<typeof add>) => {
      listening += 1;
      add(...given);
    },
    removeEventListener: (...given: Parameters<typeof remove>) => {
      listening -= 1;
      remove(...given);
    },
  });
  for (let turn = 0; turn < 5; turn += 1) await (await server.get({ signal })).body.bytes();
  await delay(10);
  expect(listening).toBe(0);
});

it('an abort while a body is read ends it with the reason', async () => {
  await using server = await start((_request, response) => void response.writeHead(200).write('half'));
  const stop = new AbortController();
  const { body } = await server.get({ signal: stop.signal });
  const reading = expect(body.bytes()).rejects.toThrow('enough');
  await delay(20);
  stop.abort(new Error('enough'));
  await reading;
});

it('what a server says unasked is not the answer to the next question', async () => {
  await using server = await start(text(4), { connections: 1 });
  const read = async () => new TextDecoder().decode(await (await server.get()).body.bytes());
  expect(await read()).toBe('xxxx');
  await delay(10);
  server.sockets[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled');
  await delay(30);
  expect(await read()).toBe('xxxx');
  expect(server.sockets).toHaveLength(2);
});

it('an answer before the end of what is sent ends the sending, and lets go of its source', async () => {
  await using server = await start((_request, response) => void response.writeHead(413).end('too much'));
  let given = 0;
  let released = false;
  async function* endless() {
    try {
      for (; given < 100_000; given += 1) {
        yield new Uint8Array(65_536);
        await delay(1);
      }
    } finally {
      released = true;
    }
  }
  const response = await server.get({ method: 'PUT', body: endless });
  expect([response.status, new TextDecoder().decode(await response.body.bytes())]).toEqual([413, 'too much']);
  while (!released) await delay(5);
  expect(given).toBeLessThan(100_000);
});

it('a source that fails fails the call, with its own error', async () => {
  await using server = await start(text(1));
  async function* broken() {
    yield new Uint8Array(10);
    throw new Error('the disk is gone');
  }
  await expect(server.get({ method: 'PUT', body: broken })).rejects.toThrow('the disk is gone');
});

it.each([5, 20])('a body of 10 bytes that was announced as %i is not sent as if it were whole', async (announced) => {
  let whole = 0;
  await using server = await start((request, response) => {
    request.resume().on('end', () => {
      whole += 1;
      response.end();
    });
  });
  const body = async function* () {
    yield new Uint8Array(6);
    yield new Uint8Array(4);
  };
  const headers = { 'content-length': String(announced) };
  await expect(server.get({ method: 'PUT', headers, body })).rejects.toMatchObject({ code: 'EGRESS_UNREACHABLE' });
  expect(whole).toBe(0);
});

it('a slow source is not taken for a slow server', async () => {
  await using server = await start(
    (request, response) => void request.resume().on('end', () => response.end('got it')),
    { timeouts: { headersMs: 3000 } },
  );
  async function* slow() {
    // Longer than that in all, and each of them far shorter, also on a busy machine.
    for (let part = 0; part < 14; part += 1) {
      yield new Uint8Array(10);
      await delay(250);
    }
  }
  expect((await server.get({ method: 'PUT', body: slow })).status).toBe(200);
});

it('a server that takes nothing of what is sent is given up', async () => {
  await using server = await start(() => undefined, { timeouts: { headersMs: 100 } });
  const body = async function* () {
    for (;;) yield new Uint8Array(1_000_000);
  };
  await expect(server.get({ method: 'PUT', body })).rejects.toMatchObject({ code: 'EGRESS_TIMEOUT' });
});

it('several values of one header are joined, of every header', async () => {
  await using server = await start((_request, response) => {
    response.writeHead(200, [
      'Link',
      '<a>',
      'link',
      '<b>',
      'ETag',
      '"1"',
      'etag',
      '"2"',
      'set-cookie',
      'a',
      'set-cookie',
      'b',
    ]);
    response.end();
  });
  const { headers, body } = await server.get();
  await body.dump();
  expect(headers).toMatchObject({ link: '<a>, <b>', etag: '"1", "2"', 'set-cookie': 'a, b' });
});
