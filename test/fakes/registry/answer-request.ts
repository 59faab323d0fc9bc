import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';
import { isDigest } from '../../../domain/artifact/digest.ts';
import { digestOf } from '../../images.ts';
import type { FakeRegistrySwitches } from './fake-registry.ts';
import type { RegistryStore } from './registry-store.ts';
import { sendBlob } from './send-blob.ts';

export interface Exchange {
  readonly store: RegistryStore;
  readonly switches: FakeRegistrySwitches;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Uint8Array;
}

type Match = { readonly [name in 'name' | 'rest']?: string };
type Route = readonly [RegExp, (exchange: Exchange, match: Match, url: URL) => void | Promise<void>];

const routes: readonly Route[] = [
  [/^\/v2\/$/, ({ response }) => void response.writeHead(200).end('{}')],
  [/^\/v2\/_catalog$/, (exchange, _match, url) => sendPage(exchange, url, 'repositories', repositoriesOf(exchange))],
  [/^\/v2\/(?<name>.+)\/tags\/list$/, listTags],
  [/^\/v2\/(?<name>.+)\/manifests\/(?<rest>[^/]+)$/, answerManifest],
  [/^\/v2\/(?<name>.+)\/referrers\/(?<rest>[^/]+)$/, listReferrers],
  [/^\/v2\/(?<name>.+)\/blobs\/uploads\/(?<rest>.*)$/, answerUpload],
  [/^\/v2\/(?<name>.+)\/blobs\/(?<rest>[^/]+)$/, sendBlob],
];

/** One request against the store. What it does not know is a plain 404, as web servers have it. */
export async function answerRequest(exchange: Exchange): Promise<void> {
  const url = new URL(exchange.request.url ?? '/', 'http://fake');
  for (const [pattern, answer] of routes) {
    const match = pattern.exec(decodeURIComponent(url.pathname));
    if (match !== null) {
      await answer(exchange, match.groups ?? {}, url);
      return;
    }
  }
  exchange.response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
}

function refuse({ response }: Exchange, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message: 'a text nobody should repeat' }] }));
}

const repositoriesOf = ({ store }: Exchange) =>
  [...store.repositories].filter(([, { manifests }]) => manifests.size > 0).map(([name]) => name);

function listTags(exchange: Exchange, { name = '' }: Match, url: URL): void {
  const found = exchange.store.repositories.get(name);
  if (found === undefined) refuse(exchange, 404, 'NAME_UNKNOWN');
  else sendPage(exchange, url, 'tags', [...found.tags.keys()]);
}

function sendPage({ response, switches }: Exchange, url: URL, field: string, entries: readonly string[]): void {
  const sorted = entries.toSorted();
  const after = url.searchParams.get('last') ?? '';
  const rest = sorted.filter((entry) => entry > after);
  const page = rest.slice(0, Math.min(switches.pageSize, Number(url.searchParams.get('n') ?? 1000)));
  const last = page.at(-1);
  response.setHeader('content-type', 'application/json');
  if (last !== undefined && page.length < rest.length)
    response.setHeader('link', `<${url.pathname}?n=1000&last=${encodeURIComponent(last)}>; rel="next"`);
  response.writeHead(200).end(JSON.stringify({ [field]: page }));
}

function answerManifest(exchange: Exchange, { name = '', rest = '' }: Match): void {
  const { store, switches, request, response, body } = exchange;
  if (request.method === 'PUT') {
    putManifest(exchange, name, rest);
    return;
  }
  const found = store.find(name, rest);
  if (found === undefined) {
    refuse(exchange, 404, store.repositories.has(name) ? 'MANIFEST_UNKNOWN' : 'NAME_UNKNOWN');
    return;
  }
  if (request.method === 'DELETE') {
    const stored = store.repository(name);
    stored.manifests.delete(found.digest);
    for (const [tag, digest] of stored.tags) if (digest === found.digest) stored.tags.delete(tag);
    response.writeHead(202).end(body);
    return;
  }
  response.writeHead(200, {
    'content-type': switches.manifestType ?? found.mediaType,
    'content-length': found.bytes.byteLength,
    'docker-content-digest': switches.claimedDigest ?? found.digest,
  });
  response.end(request.method === 'HEAD' ? undefined : found.bytes);
}

function putManifest(exchange: Exchange, name: string, reference: string): void {
  const { store, switches, request, response, body } = exchange;
  if (isDigest(reference) && digestOf(body) !== reference) {
    refuse(exchange, 400, 'DIGEST_INVALID');
    return;
  }
  const digest = store.putManifest(name, reference, body, request.headers['content-type'] ?? '');
  const { subject } = JSON.parse(new TextDecoder().decode(body)) as { subject?: { digest?: string } };
  if (switches.referrersApi && subject?.digest !== undefined) response.setHeader('oci-subject', subject.digest);
  response.writeHead(201, { 'docker-content-digest': switches.claimedDigest ?? digest }).end();
}

function listReferrers({ store, switches, response }: Exchange, { name = '', rest = '' }: Match, url: URL): void {
  if (!switches.referrersApi) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
    return;
  }
  const all = store.referrers(name, rest);
  const from = Number(url.searchParams.get('from') ?? 0);
  const to = from + switches.pageSize;
  if (to < all.length) response.setHeader('link', `<${url.pathname}?from=${to}>; rel="next"`);
  response.writeHead(200, { 'content-type': mediaTypes.ociIndex });
  response.end(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: all.slice(from, to) }));
}

function answerUpload(exchange: Exchange, { name = '', rest = '' }: Match, url: URL): void {
  const { store, switches, request, response, body } = exchange;
  if (request.method === 'DELETE') {
    store.uploads.delete(rest);
    response.writeHead(204).end();
    return;
  }
  if (request.method === 'POST') {
    const mounted = url.searchParams.get('mount') ?? '';
    const bytes = store.repositories.get(url.searchParams.get('from') ?? '')?.blobs.get(mounted as never);
    if (bytes !== undefined && isDigest(mounted) && !switches.refuseMounts) {
      store.repository(name).blobs.set(mounted, bytes);
      response.writeHead(201).end();
      return;
    }
    const id = randomUUID();
    store.uploads.set(id, Buffer.alloc(0));
    response.writeHead(202, { location: switches.uploadLocation ?? uploadPath(name, id, 0) }).end();
    return;
  }
  const before = store.uploads.get(rest);
  if (before === undefined) {
    refuse(exchange, 404, 'BLOB_UPLOAD_UNKNOWN');
    return;
  }
  const range = request.headers['content-range'];
  if (range !== undefined && range !== `${before.length}-${before.length + body.length - 1}`) {
    refuse(exchange, 416, 'BLOB_UPLOAD_INVALID');
    return;
  }
  const whole = Buffer.concat([before, body]);
  if (request.method === 'PATCH') {
    store.uploads.set(rest, whole);
    response.writeHead(202, { location: uploadPath(name, rest, whole.length) }).end();
    return;
  }
  store.uploads.delete(rest);
  const digest = digestOf(whole);
  if (url.searchParams.get('digest') !== digest) {
    refuse(exchange, 400, 'DIGEST_INVALID');
    return;
  }
  store.repository(name).blobs.set(digest, whole);
  response.writeHead(201).end();
}

/** Registries keep state in the address, and change it with every chunk. */
function uploadPath(name: string, id: string, received: number): string {
  return `/v2/${name}/blobs/uploads/${id}?_state=${received}`;
}
