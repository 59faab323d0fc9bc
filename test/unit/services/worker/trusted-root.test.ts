/** The trusted root that the trust worker follows: renewed by itself, kept through outages and attacks, and ended when it expires. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { trustRootDigest } from '../../../../adapters/sigstore/trust-root-digest.ts';
import { openTufClient } from '../../../../adapters/tuf/tuf-client.ts';
import { followTrustedRoot, type TrustedRootSource } from '../../../../services/worker/trusted-root.ts';
import {
  type FakeMirror,
  makeKeys,
  publish,
  rootFields,
  signMetadata,
  startMirror,
} from '../../../fakes/tuf-repository.ts';
import { comes, patient } from '../../../patience.ts';

const start = Date.parse('2030-01-01T00:00:00Z');
const at = (days: number) => new Date(start + days * 24 * 3600 * 1000);
const keys = makeKeys();
const root = signMetadata('root', rootFields(1, keys, at(300).toISOString()), keys.root.keys);
let mirror: FakeMirror;
let cacheFolder: string;
let source: TrustedRootSource | undefined;
let now: Date;
let warned: string[];

beforeEach(async () => {
  mirror = await startMirror();
  cacheFolder = await mkdtemp(path.join(tmpdir(), 'pratique-root-'));
  now = at(0);
  warned = [];
});
afterEach(async () => {
  source?.stop();
  await mirror.stop();
  // A look that is under way when it stops may still write.
  await rm(cacheFolder, { recursive: true, maxRetries: 10 });
});

const trustedRoot = (operator: string) =>
  JSON.stringify({ mediaType: `application/vnd.dev.sigstore.trustedroot+json;version=0.1`, x: operator });
const serve = (version: number, operator: string, more = {}) => {
  const state = { targets: { 'trusted_root.json': trustedRoot(operator), ...more }, version, keys };
  for (const [name, bytes] of publish({ ...state, expires: at(7).toISOString() })) mirror.files.set(name, bytes);
};
/** How soon what the mirror serves is looked at is up to the machine. */
const follow = async () => {
  const client = await openTufClient({ mirror: mirror.url, root, cacheFolder, now: () => now, timeouts: patient });
  // Of this test: one that is under way when its own has ended still says so.
  const told = warned;
  const logger = { warn: (_about: unknown, text: string) => void told.push(text) } as never;
  source = await followTrustedRoot(client, { logger, now: () => now, everyMs: 20 });
  return source;
};
const digestOf = (of: TrustedRootSource) => {
  const material = of.current();
  return material === undefined ? undefined : trustRootDigest(material);
};

it('is renewed by itself, with the signing config that comes with it', async () => {
  serve(1, 'first');
  const followed = await follow();
  const first = digestOf(followed);
  expect(first).toMatch(/^[a-f0-9]{64}$/);
  expect(followed.signingConfig()).toBeUndefined();
  serve(2, 'second', { 'signing_config.v0.2.json': '{}' });
  await vi.waitFor(() => expect(digestOf(followed)).not.toBe(first), comes);
  expect(Buffer.from(followed.signingConfig() ?? '').toString()).toBe('{}');
  expect(followed.state()).toBe('ok');
});

it('stays as it was, and says so, while the mirror serves what must not be trusted; and counts no more once it expired', async () => {
  serve(5, 'first');
  const followed = await follow();
  const first = digestOf(followed);
  serve(4, 'rolled back');
  await vi.waitFor(() => expect(followed.state()).toContain('TUF_ROLLBACK'), comes);
  expect(digestOf(followed)).toBe(first);
  expect(warned[0]).toContain('version 4');
  now = at(7);
  expect(followed.current()).toBeUndefined();
  expect(followed.state()).toContain('expired');
});

it('begins with what was kept where the mirror is away, and not at all where nothing was', async () => {
  await expect(follow()).rejects.toMatchObject({ code: 'TUF_CACHE_EMPTY' });
  serve(1, 'first');
  (await follow()).stop();
  mirror.files.clear();
  expect(digestOf(await follow())).toMatch(/^[a-f0-9]{64}$/);
});
