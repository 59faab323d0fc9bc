import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { decodeIntakeEvent } from '../../../../domain/events/decode-intake-event.ts';
import { createBuildEvent, postBuildEvent } from '../../../../services/cli/build-event.ts';

const digest = (letter: string) => parseDigest(`sha256:${letter.repeat(64)}`);
const commit = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const event = createBuildEvent({
  finished: {
    source: {
      ...{ repository: 'https://git.example.com/shop', commit, signedBy: 'dev@example.com', signatureKind: 'ssh' },
      ...{ authorEmail: 'a@example.com', committerEmail: 'c@example.com', committedAt: 1714564800 },
    },
    ...{ layout: '/w/out', workspace: '/w', digest: digest('a'), mediaType: 'm', toolchain: { node: 'v24.0.0' } },
    ...{ startedOn: '2024-05-01T12:00:00.000Z', finishedOn: '2024-05-01T12:01:00.000Z', logTail: '' },
  },
  published: {
    descriptor: { mediaType: 'm', digest: digest('a'), size: 1 },
    evidence: { signature: digest('b'), provenance: digest('c') },
  },
  ...{ registry: 'localhost:5000', repository: 'team/shop', tag: '1.0' },
  ...{ builderId: 'https://ci.example.com/builder', builderHost: 'host-1' },
});

/** A gateway that answers `status` and keeps what it was sent. */
async function gateway(status: number) {
  const bodies: { readonly headers: Record<string, unknown>; readonly body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push({ headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  return { url, bodies, [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')) };
}

test('what is posted is read back by the gateway as the build that was finished', async () => {
  await using server = await gateway(202);
  await postBuildEvent(event, { url: server.url, token: 'secret' }, new AbortController().signal);
  const [sent] = server.bodies;
  expect(sent?.headers).toMatchObject({
    'content-type': 'application/cloudevents+json',
    authorization: 'Bearer secret',
  });
  expect(decodeIntakeEvent(sent?.body ?? Buffer.alloc(0))).toMatchObject({
    ...{ kind: 'build-finished', repository: 'team/shop', digest: digest('a'), tag: '1.0', commit },
    sourceRepository: 'https://git.example.com/shop',
    builder: { id: 'https://ci.example.com/builder', host: 'host-1' },
    toolchain: { node: 'v24.0.0' },
    provenance: digest('c'),
  });
});

// A redirect would carry the token elsewhere.
test.each([
  [401, 'EVENT_REFUSED'],
  [503, 'EVENT_REFUSED'],
  [302, 'GATEWAY_UNREACHABLE'],
])('a gateway that answers %i', async (status, code) => {
  await using server = await gateway(status);
  const posting = postBuildEvent(event, { url: server.url, token: 'secret' }, new AbortController().signal);
  await expect(posting).rejects.toMatchObject({ code, exit: 3, message: expect.not.stringContaining('secret') });
  expect(server.bodies).toHaveLength(1);
});

test('no gateway', async () => {
  const posting = postBuildEvent(event, { url: 'http://127.0.0.1:1/events', token: 't' }, new AbortController().signal);
  await expect(posting).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' });
});
