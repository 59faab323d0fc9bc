/** A TUF repository of a test's own, on a mirror, and a client that looks at it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { openTufClient } from '../../../../adapters/tuf/tuf-client.ts';
import {
  type FakeMirror,
  makeKeys,
  type Published,
  publish,
  type RoleKeys,
  rootFields,
  signMetadata,
  startMirror,
} from '../../../fakes/tuf-repository.ts';
import { patient } from '../../../patience.ts';

export const start = new Date('2030-01-01T00:00:00Z');
const day = 24 * 3600 * 1000;
export const at = (days: number) => new Date(start.getTime() + days * day).toISOString();
export const NAME = 'trusted_root.json';

export let mirror: FakeMirror;
export let cacheFolder: string;
export let keys: RoleKeys;
/** What the client takes for the time. */
export const clock = { now: start, read: (): Date => clock.now };

/** Called by the test file: a mirror, a cache and keys for each test. */
export function useTufStage(): void {
  beforeEach(openStage);
  afterEach(async () => {
    await mirror.stop();
    await rm(cacheFolder, { recursive: true });
  });
}

async function openStage(): Promise<void> {
  mirror = await startMirror();
  cacheFolder = await mkdtemp(path.join(tmpdir(), 'pratique-tuf-'));
  keys = makeKeys();
  clock.now = start;
}

export const put = (files: ReadonlyMap<string, Buffer>) => {
  for (const [name, bytes] of files) mirror.files.set(name, bytes);
};
export const state = (changes: Partial<Published> = {}): Published => ({
  ...{ targets: { [NAME]: 'first' }, version: 1, expires: at(7), keys },
  ...changes,
});
export const root = (version = 1, of = keys, signedBy = of.root.keys, expires = at(300)) =>
  signMetadata('root', rootFields(version, of, expires), signedBy);
export const open = async (initial: Buffer | undefined = root()) =>
  openTufClient({ mirror: mirror.url, root: initial, cacheFolder, now: clock.read, timeouts: patient });
export const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
export const target = async (initial?: Buffer) => text(await (await (await open(initial)).update([NAME])).target(NAME));

/** A first look that is kept, and then another mirror. */
export async function seenAt(version: number, initial = root()): Promise<Buffer> {
  put(publish(state({ version })));
  await (await open(initial)).update([NAME]);
  return initial;
}
