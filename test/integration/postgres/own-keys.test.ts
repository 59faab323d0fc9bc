/** The keys of the trust worker's folder, as they are remembered: one name each. */
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { createKeyDesk } from '../../../adapters/postgres/key-desk.ts';
import { ensureKeys } from '../../../adapters/sigstore/local-key-ring.ts';
import { createOwnKeys, rememberKeys } from '../../../services/worker/own-keys.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';

const PASSPHRASE = 'pw';
let own: TestDatabase | undefined;
let folder: string;

beforeEach(async () => {
  await own?.drop();
  own = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-own-keys-'));
  await ensureKeys(folder, PASSPHRASE, ['dev']);
});
afterEach(() => rm(folder, { recursive: true, force: true }));
afterAll(() => own?.drop());

type Put = (from: string, to: string) => Promise<void>;
const both = async (put: Put, from: string, to: string) => {
  for (const half of ['key', 'pub'])
    await put(path.join(folder, `${from}.${half}`), path.join(folder, `${to}.${half}`));
};
const remembered = async () =>
  (await createKeyDesk(own!.db, async () => undefined).listOwn()).map(({ name }) => name).toSorted();
const ring = () => createOwnKeys(own!.db, { folder, passphrase: PASSPHRASE, holders: {}, postQuantum: false }).ring;

test('a key that is there under two names has no trust worker start, and is remembered as neither', async () => {
  await both(copyFile, 'evidence', 'admission-prod');
  await expect(rememberKeys(own!.db, folder)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('evidence.pub is the key admission-prod'),
  });
  expect(await remembered()).toEqual([]);
});

test('what is ours already signs under no other name, neither from the start nor in a worker that runs', async () => {
  await rememberKeys(own!.db, folder);
  await both(copyFile, 'admission-dev', 'admission-prod');
  const refused = {
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('admission-prod.pub is the key admission-dev'),
  };
  await expect(rememberKeys(own!.db, folder)).rejects.toMatchObject(refused);
  await expect(ring().admission('prod')).rejects.toMatchObject(refused);
  await both(rename, 'admission-dev', 'admission-prod');
  await expect(rememberKeys(own!.db, folder)).rejects.toMatchObject(refused);
  expect(await remembered()).toEqual(['admission-dev', 'evidence']);
});

test('a key of the same name is another one of it: its number is no name', async () => {
  await both(copyFile, 'admission-dev', 'admission-dev.2');
  await rememberKeys(own!.db, folder);
  expect((await ring().admission('dev')).keyId).toBeDefined();
});
