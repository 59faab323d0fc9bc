/** Sigstore's own repository, as it was: through every root since the first, at a time when the last one was valid. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseTrustRoot } from '../../../../adapters/sigstore/trust-root.ts';
import { TrustedMetadata } from '../../../../adapters/tuf/trusted-metadata.ts';
import { openTufClient } from '../../../../adapters/tuf/tuf-client.ts';
import { type FakeMirror, startMirror } from '../../../fakes/tuf-repository.ts';
import { testData } from '../../../fixtures/test-data.ts';

const vectors = testData('vectors.tar.gz');
const folder = path.join(vectors ?? '', 'sigstore-root-signing');
const read = (name: string) => readFileSync(path.join(folder, name));
const then = new Date('2026-08-22T00:00:00Z');
let cacheFolder: string;
let mirror: FakeMirror;

beforeAll(async () => {
  cacheFolder = await mkdtemp(path.join(tmpdir(), 'pratique-tuf-'));
  mirror = await startMirror();
});
afterAll(async () => {
  await mirror.stop();
  await rm(cacheFolder, { recursive: true });
});

/** As it is published: metadata by version, targets by hash. */
function serve(): void {
  for (const name of readdirSync(path.join(folder, 'metadata/root_history')))
    mirror.files.set(name, read(`metadata/root_history/${name}`));
  const versioned = (name: string) => {
    const bytes = read(`metadata/${name}.json`);
    const { signed } = JSON.parse(bytes.toString()) as {
      signed: { version: number; targets?: Record<string, { hashes: Record<string, string> }> };
    };
    mirror.files.set(`${signed.version}.${name}.json`, bytes);
    for (const [target, { hashes }] of Object.entries(signed.targets ?? {})) {
      const place = path.join('targets', path.dirname(target), `${Object.values(hashes)[0]}.${path.basename(target)}`);
      mirror.files.set(place, read(`targets/${target}`));
    }
  };
  for (const name of ['snapshot', 'targets', 'registry.npmjs.org']) versioned(name);
  mirror.files.set('timestamp.json', read('metadata/timestamp.json'));
}

it.skipIf(vectors === undefined)('verifies from the first root to the last, each signed by the one before', () => {
  const trusted = new TrustedMetadata(read('metadata/root_history/1.root.json'), then, 'root-signing');
  for (let version = 2; version <= 15; version += 1)
    trusted.updateRoot(read(`metadata/root_history/${version}.root.json`));
  trusted.checkRoot();
  expect(trusted.root.version).toBe(15);
});

it.skipIf(vectors === undefined)(
  'gives its trusted root and signing config, and the keys of npm that it delegates',
  async () => {
    serve();
    const first = read('metadata/root_history/1.root.json');
    const client = await openTufClient({ mirror: mirror.url, root: first, cacheFolder, now: () => then });
    const { state, target } = await client.update(['trusted_root.json', 'registry.npmjs.org/keys.json']);
    expect(state.versions).toEqual({ root: 15, timestamp: 762, snapshot: 165, targets: 14 });
    expect(Buffer.from(await target('trusted_root.json')).equals(read('targets/trusted_root.json'))).toBe(true);
    expect(parseTrustRoot(await target('trusted_root.json'), 'root').tlogs.length).toBeGreaterThan(0);
    const keys = await target('registry.npmjs.org/keys.json');
    expect(Buffer.from(keys).equals(read('targets/registry.npmjs.org/keys.json'))).toBe(true);
  },
);

it.skipIf(vectors === undefined)('is refused a week later: its timestamp is frozen', async () => {
  serve();
  const first = read('metadata/root_history/1.root.json');
  const now = () => new Date('2026-08-29T00:00:00Z');
  const client = await openTufClient({ mirror: mirror.url, root: first, cacheFolder, now });
  await expect(client.update([])).rejects.toMatchObject({ code: 'TUF_EXPIRED' });
});

it.skipIf(vectors === undefined)('any root with one byte otherwise is refused', () => {
  for (let version = 2; version <= 15; version += 1) {
    const trusted = new TrustedMetadata(read(`metadata/root_history/${version - 1}.root.json`), then, 'root-signing');
    const text = read(`metadata/root_history/${version}.root.json`).toString();
    const spoilt = text.replace(/"threshold": 3/, '"threshold": 2');
    expect(spoilt).not.toBe(text);
    expect(() => trusted.updateRoot(Buffer.from(spoilt))).toThrow(
      expect.objectContaining({ name: 'TufError' }) as Error,
    );
  }
});
