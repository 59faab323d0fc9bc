import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStack, type Stack } from '../../infra/dev/stack.ts';

const cacheDir = process.env.PRATIQUE_CACHE_DIR ?? join(homedir(), '.cache', 'pratique');
const digestOf = (bytes: string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

let dir: string;
let stack: Stack;
let base: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique-registry-'));
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  stack = createStack({ home: dir, cacheDir, log, ports: 'free', registryUsers: false });
  await stack.up({ services: false, servers: ['registry'] });
  base = `http://${(await stack.record()).connection.registry}/v2/team/app`;
});
afterAll(async () => {
  await stack.down();
  await rm(dir, { recursive: true, force: true });
});

async function pushBlob(bytes: string): Promise<void> {
  const start = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const url = new URL(start.headers.get('location') as string, base);
  url.searchParams.set('digest', digestOf(bytes));
  expect((await fetch(url, { method: 'PUT', body: bytes })).status).toBe(201);
}

const mediaType = 'application/vnd.oci.image.manifest.v1+json';

/** Pushes a manifest whose config is `{}`; returns its digest. */
async function pushManifest(): Promise<string> {
  await pushBlob('{}');
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf('{}'), size: 2 };
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] });
  const put = await fetch(`${base}/manifests/one`, {
    method: 'PUT',
    body: manifest,
    headers: { 'content-type': mediaType },
  });
  expect(put.status).toBe(201);
  return digestOf(manifest);
}

it('tells the gateway of a push, with the shared secret, also when the gateway came late', async () => {
  const digest = await pushManifest();
  // Nobody listens yet: the registry tries again.
  const calls: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
  const gateway = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      calls.push({ url: request.url, headers: request.headers, body });
      response.end();
    })();
  });
  gateway.listen(Number(new URL((await stack.record()).connection.gatewayUrl).port), '127.0.0.1');
  await once(gateway, 'listening');
  await expect.poll(() => calls.some(({ body }) => body.includes(digest)), { timeout: 30_000 }).toBe(true);
  const secret = (await readFile(stack.home.webhookSecretFile, 'utf8')).trim();
  for (const call of calls) {
    expect(call.url).toBe('/hooks/distribution');
    expect(call.headers.authorization).toBe(`Bearer ${secret}`);
  }
  await new Promise((resolve) => gateway.close(resolve));
});

it('deletes, and the next reader finds nothing', async () => {
  const digest = await pushManifest();
  const read = async (): Promise<number> =>
    (await fetch(`${base}/manifests/${digest}`, { headers: { accept: mediaType } })).status;
  expect(await read()).toBe(200);
  expect((await fetch(`${base}/manifests/${digest}`, { method: 'DELETE' })).status).toBe(202);
  expect(await read()).toBe(404);
});
