/** Servers that mean no good, on loopback: each is turned away for its own reason, by the one way out. */

import { once } from 'node:events';
import type { LookupFunction } from 'node:net';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createEgress, type EgressOptions, type EgressRequest } from '../../../../adapters/egress/egress.ts';
import { isPrivateAddress } from '../../../../adapters/egress/private-address.ts';
import { startScriptedServer } from './scripted-server.ts';

async function send(call: Partial<EgressRequest> & { url: string }, options: Partial<EgressOptions> = {}) {
  const egress = createEgress({ configuredHosts: [], allowPublicHosts: true, ...options });
  try {
    const response = await egress.send({ method: 'GET', retries: 0, ...call });
    return { status: response.status, bytes: await response.body.bytes() };
  } finally {
    await egress.close();
  }
}

/** A server that writes what it likes to the connection. */
async function startRawServer(talk: (socket: Socket) => void | Promise<void>) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => void talk(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('addresses that only the configuration may name', () => {
  it.each([
    ...['0.0.0.0', '127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.0.1', '100.100.100.200', '169.254.169.254'],
    ...['168.63.129.16', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::127.0.0.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'fd00:ec2::254', 'ff02::1', '2001:db8::1'],
    // IPv4 inside: mapped, translated, NAT64 (well-known and local), 6to4, Teredo.
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe', '::ffff:0:127.0.0.1', '64:ff9b::a9fe:a9fe'],
    ...['64:ff9b:1::7f00:1', '2002:7f00:1::', '2001:0:4136:e378:8000:63bf:80ff:fffe', '4000::1', 'f000::1'],
    // What is no address at all.
    ...['', '0', '127.1', '0177.0.0.1', '2130706433', 'localhost', '1.1.1.1 '],
  ])('%s', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each(['1.1.1.1', '8.8.8.8', '::ffff:8.8.8.8', '2606:4700::1111', '2a00:1450::1'])('not %s', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });

  it.each([
    ...['0177.0.0.1', '0x7f.0.0.1', '0x7f000001', '2130706433', '127.1', '0', '127.0.0.1.', '①②⑦.0.0.1'],
    ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::]', '[64:ff9b::7f00:1]', 'localhost'],
  ])('as %s in an address', async (host) => {
    await expect(send({ url: `https://${host}/` })).rejects.toMatchObject({ code: 'EGRESS_HOST_NOT_ALLOWED' });
  });
});

describe('names', () => {
  const answers =
    (...each: string[][]): LookupFunction =>
    (_name, options, callback) => {
      const now = (each.length > 1 ? each.shift() : each[0]) ?? [];
      const found = now.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      if (options.all === true) callback(null, found);
      else callback(null, found[0]?.address ?? '', found[0]?.family);
    };

  it('one private address among public ones is enough', async () => {
    const lookup = answers(['1.1.1.1', '::ffff:10.0.0.1']);
    await expect(send({ url: 'https://mixed.example/' }, { lookup })).rejects.toMatchObject({
      code: 'EGRESS_HOST_NOT_ALLOWED',
    });
  });

  it('no address at all', async () => {
    await expect(send({ url: 'https://empty.example/' }, { lookup: answers([]) })).rejects.toMatchObject({
      code: 'EGRESS_HOST_NOT_ALLOWED',
    });
  });

  it('a name that is public when it is looked at, and leads inside on the next try', async () => {
    await using inside = await startScriptedServer((_request, response) => response.end('inside'));
    const lookup = answers(['192.0.2.55'], ['127.0.0.1']);
    const url = `https://rebound.example:${inside.host.split(':')[1]}/`;
    await expect(send({ url, retries: 2 }, { lookup, timeouts: { connectMs: 100 } })).rejects.toMatchObject({
      code: 'EGRESS_HOST_NOT_ALLOWED',
    });
    expect(inside.seen).toEqual([]);
  });

  it('a redirect to a name that leads inside', async () => {
    await using inside = await startScriptedServer((_request, response) => response.end('inside'));
    await using server = await startScriptedServer((_request, response) => {
      response.writeHead(307, { location: `https://storage.example:${inside.host.split(':')[1]}/` }).end();
    });
    const options = { configuredHosts: [server.host], lookup: answers(['127.0.0.1']) };
    await expect(send({ url: `http://${server.host}/` }, options)).rejects.toMatchObject({
      code: 'EGRESS_HOST_NOT_ALLOWED',
    });
    expect(inside.seen).toEqual([]);
  });
});

describe('servers that take their time', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n';

  it('headers, byte by byte', async () => {
    await using server = await startRawServer(async (socket) => {
      for (const byte of `HTTP/1.1 200 OK\r\nx-padding: ${'a'.repeat(10_000)}`) {
        if (socket.destroyed) return;
        socket.write(byte);
        await delay(10);
      }
    });
    const before = performance.now();
    await expect(
      send({ url: `http://${server.host}/` }, { configuredHosts: [server.host], timeouts: { headersMs: 300 } }),
    ).rejects.toMatchObject({ code: 'EGRESS_TIMEOUT' });
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it('a body, byte by byte: never silent, and never there', async () => {
    await using server = await startRawServer(async (socket) => {
      socket.write(head);
      while (!socket.destroyed) {
        socket.write('x');
        await delay(20);
      }
    });
    await expect(
      send({ url: `http://${server.host}/` }, { configuredHosts: [server.host], timeouts: { bodyMs: 300 } }),
    ).rejects.toMatchObject({ code: 'EGRESS_TIMEOUT', message: expect.stringMatching(/a second/) });
  });

  it('whoever reads slowly is not taken for the server', async () => {
    await using server = await startScriptedServer((_request, response) => {
      response.write('first');
      response.end('last');
    });
    const options = { configuredHosts: [server.host], allowPublicHosts: false, timeouts: { bodyMs: 50 } };
    const egress = createEgress(options);
    const { body } = await egress.send({ method: 'GET', url: `http://${server.host}/` });
    let text = '';
    for await (const chunk of body) {
      text += new TextDecoder().decode(chunk);
      await delay(200);
    }
    expect(text).toBe('firstlast');
    await egress.close();
  });
});

describe('servers that lie', () => {
  it.each<[string, string, string]>([
    ['a length longer than what comes', 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort', 'EGRESS_UNREACHABLE'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nshort!', 'EGRESS_UNREACHABLE'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      'EGRESS_UNREACHABLE',
    ],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'EGRESS_UNREACHABLE'],
    ['a header without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(200_000)}`, 'EGRESS_UNREACHABLE'],
  ])('%s', async (_name, answer, code) => {
    await using server = await startRawServer((socket) => void socket.end(answer));
    await expect(send({ url: `http://${server.host}/` }, { configuredHosts: [server.host] })).rejects.toMatchObject({
      code,
    });
  });

  it('a length shorter than what comes: what is over is no second answer', async () => {
    const smuggled = 'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled';
    await using server = await startRawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst${smuggled}`);
    });
    const egress = createEgress({ configuredHosts: [server.host], allowPublicHosts: false, connections: 1 });
    const read = async () =>
      egress
        .send({ method: 'GET', url: `http://${server.host}/`, retries: 0 })
        .then(async ({ body }) => new TextDecoder().decode(await body.bytes()))
        .catch((error: Error) => error.name);
    const [first, second] = [await read(), await read()];
    expect([first, second]).not.toContain('smuggled');
    await egress.close();
  });

  it('an answer without end', async () => {
    await using server = await startScriptedServer((_request, response) => {
      const more = () => {
        if (response.destroyed) return;
        response.write(Buffer.alloc(65_536));
        setImmediate(more);
      };
      more();
    });
    await expect(send({ url: `http://${server.host}/` }, { configuredHosts: [server.host] })).rejects.toMatchObject({
      code: 'EGRESS_TOO_LARGE',
    });
  });

  it('a bomb as content coding: nothing is unpacked that nobody asked to be packed', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    await using server = await startScriptedServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const { bytes } = await send({ url: `http://${server.host}/` }, { configuredHosts: [server.host] });
    expect(bytes.byteLength).toBe(bomb.byteLength);
  });
});
