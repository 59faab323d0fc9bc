/** An OCI registry in memory on a free port, which can be told to misbehave. Distribution specification 1.1. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerRequest } from './answer-request.ts';
import { createRegistryStore, type RegistryStore } from './registry-store.ts';

/** Set by tests at any time; what is undefined is as a well-behaved registry does it. */
export interface FakeRegistrySwitches {
  referrersApi: boolean;
  /** Answers taken from its front instead of what was asked. */
  failNext: { status: number; retryAfter?: string; body?: string }[];
  /** Entries on a page of tags, repositories or referrers. */
  pageSize: number;
  blobs: 'honest' | 'truncated' | 'other-bytes' | 'endless' | 'broken-off' | 'silent';
  /** Base address that reads of blobs are redirected to. */
  blobRedirect: string | undefined;
  /** Answers mounts with an upload, as registries may. */
  refuseMounts: boolean;
  /** Sent as Docker-Content-Digest instead of the digest. */
  claimedDigest: string | undefined;
  /** Sent as the content type of manifests instead of their own. */
  manifestType: string | undefined;
  /** Sent as the Location of uploads. */
  uploadLocation: string | undefined;
  /** Everything under /v2/ wants this header, and answers 401 with the challenge without it. */
  guard: { readonly authorization: string; readonly challenge: string } | undefined;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

export interface FakeRegistry extends AsyncDisposable {
  readonly host: string;
  readonly store: RegistryStore;
  readonly switches: FakeRegistrySwitches;
  /** Every request, in order. */
  readonly seen: SeenRequest[];
}

export async function startFakeRegistry(switches: Partial<FakeRegistrySwitches> = {}): Promise<FakeRegistry> {
  const store = createRegistryStore();
  const seen: SeenRequest[] = [];
  const all: FakeRegistrySwitches = {
    referrersApi: true,
    failNext: [],
    pageSize: 1000,
    blobs: 'honest',
    blobRedirect: undefined,
    refuseMounts: false,
    claimedDigest: undefined,
    manifestType: undefined,
    uploadLocation: undefined,
    guard: undefined,
    ...switches,
  };
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    void handle(store, all, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    switches: all,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function handle(
  store: RegistryStore,
  switches: FakeRegistrySwitches,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const failure = switches.failNext.shift();
  if (failure !== undefined) {
    response.writeHead(failure.status, failure.retryAfter === undefined ? {} : { 'retry-after': failure.retryAfter });
    response.end(failure.body);
    return;
  }
  if (switches.guard !== undefined && request.headers.authorization !== switches.guard.authorization) {
    response.writeHead(401, { 'www-authenticate': switches.guard.challenge }).end();
    return;
  }
  await answerRequest({ store, switches, request, response, body: Buffer.concat(chunks) });
}
