/** Connections over TLS: to whom, when they are used again, and how long they may take. */

import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createEgress, type Egress } from '../../../../adapters/egress/egress.ts';
import { createTestAuthority } from '../../../certificates.ts';
import { startScriptedServer } from './scripted-server.ts';
import { slowAnswer, timeouts } from './slow-answer.ts';

/** A server with a certificate for 127.0.0.1, and who issued that. */
async function startTls(answer: RequestListener) {
  const authority = createTestAuthority('someone');
  const { cert, key } = authority.issue('registry', ['127.0.0.1']);
  const server = createTlsServer({ cert, key }, answer);
  const sockets: Socket[] = [];
  server.on('secureConnection', (socket) => void sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, sockets, ca: authority.ca, server };
}

it('over TLS: an authority that is named is trusted, a name that is not on the certificate is not, and connections are used again', async () => {
  const { port, sockets, ca, server } = await startTls((_request, response) => void response.end('safe'));
  const configuredHosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const trusting = createEgress({ configuredHosts, allowPublicHosts: false, ca });
  const other = createEgress({ configuredHosts, allowPublicHosts: false });
  const get = (egress: Egress, host: string) =>
    egress.send({ method: 'GET', url: `https://${host}:${port}/`, retries: 0 });
  try {
    for (let turn = 0; turn < 3; turn += 1)
      expect(new TextDecoder().decode(await (await get(trusting, '127.0.0.1')).body.bytes())).toBe('safe');
    expect(sockets).toHaveLength(1);
    await expect(get(trusting, 'localhost')).rejects.toMatchObject({ code: 'EGRESS_UNREACHABLE' });
    await expect(get(other, '127.0.0.1')).rejects.toMatchObject({ code: 'EGRESS_UNREACHABLE' });
  } finally {
    await Promise.all([trusting.close(), other.close()]);
    server.close();
  }
});

it('over TLS: nobody is sent down to plain HTTP, also not to a host that may be called so', async () => {
  await using plain = await startScriptedServer((_request, response) => response.end('in the clear'));
  const { port, ca, server } = await startTls(
    (_request, response) => void response.writeHead(307, { location: `http://${plain.host}/` }).end(),
  );
  const configuredHosts = [`127.0.0.1:${port}`, plain.host];
  const egress = createEgress({ configuredHosts, plainHttpHosts: [plain.host], allowPublicHosts: false, ca });
  try {
    await expect(egress.send({ method: 'GET', url: `https://127.0.0.1:${port}/`, retries: 0 })).rejects.toMatchObject({
      code: 'EGRESS_REDIRECT_REFUSED',
      message: expect.stringContaining('redirects down to http:'),
    });
    expect(plain.seen).toEqual([]);
  } finally {
    await egress.close();
    server.close();
  }
});

it('over TLS: a call that waited for a connection has as long for its answer as any other', async () => {
  const { port, sockets, ca, server } = await startTls(slowAnswer);
  const egress = createEgress({
    configuredHosts: [`127.0.0.1:${port}`],
    allowPublicHosts: false,
    ca,
    connections: 1,
    timeouts,
  });
  const read = async () =>
    (await egress.send({ method: 'GET', url: `https://127.0.0.1:${port}/`, retries: 0 })).body.bytes();
  try {
    const answers = await Promise.all([read(), read()]);
    expect(answers.map((bytes) => Buffer.from(bytes).toString())).toEqual(['safe', 'safe']);
    expect(sockets).toHaveLength(1);
  } finally {
    await egress.close();
    server.close();
  }
});

it('a TLS server that never greets is given up', async () => {
  const silent = createTcpServer(() => undefined);
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const egress = createEgress({ configuredHosts: [host], allowPublicHosts: false, timeouts: { connectMs: 80 } });
  await expect(egress.send({ method: 'GET', url: `https://${host}/`, retries: 0 })).rejects.toMatchObject({
    code: 'EGRESS_TIMEOUT',
  });
  await egress.close();
  silent.close();
});
