/** Rotations to keys that Vault holds: which key it is stays what was recorded, and each rotation takes a key that is new. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrustActivities } from '../../../activities/trust/activities.ts';
import { createKeyDesk } from '../../../adapters/postgres/key-desk.ts';
import { createRotationBook } from '../../../adapters/postgres/key-rotations.ts';
import { registerOwnKeys } from '../../../adapters/postgres/own-keys.ts';
import { startVault } from '../../fakes/vault.ts';
import {
  admission,
  inActivity,
  live,
  own,
  read,
  request,
  signedBy,
  startTrustWorker,
  useRotationStage,
} from './rotation-stage.ts';

const TOKEN = 'hvs.rotations';
const KEY = 'hashivault://p256';
let vault: Awaited<ReturnType<typeof startVault>>;
beforeAll(async () => {
  vault = await startVault(TOKEN);
});
afterAll(() => vault.stop());

const startWorker = () => startTrustWorker({ holders: { VAULT_ADDR: `http://${vault.host}`, VAULT_TOKEN: TOKEN } });
const keys = async (name: string) =>
  (await createKeyDesk(own!.db, async () => undefined).listOwn()).filter((key) => key.name === name);
const states = async (name: string) => (await keys(name)).map(({ reference, state }) => [reference, state]);

async function rotate(trust: TrustActivities, reference?: string): Promise<void> {
  const id = await request('admission-dev', 0, reference);
  await inActivity(() => trust.beginRotation(id));
  await inActivity(() => trust.resignLive(id, 1));
  await inActivity(() => trust.retireKey(id));
  expect(await read(id)).toMatchObject({ state: 'done', refused: [] });
}

describe('behind a reference that was rotated to', () => {
  useRotationStage();

  test('another key signs nothing, until it is rotated to; a worker that was not started anew rotates to it, too', async () => {
    const running = await startWorker();
    await live(running, 'shop');
    await rotate(running, KEY);
    const first = await live(running, 'first');
    vault.rotate('p256');
    await expect(live(await startWorker(), 'second')).rejects.toMatchObject({
      type: 'KEY_MISMATCH',
      nonRetryable: false,
      message: expect.stringContaining(`pratique key rotate admission-dev --new-key ${KEY}`),
    });
    const { rows } = await sql`
      select 1 from key_use where identity not in (select 'key:' || key_id from own_key)`.execute(own!.db);
    expect(rows).toEqual([]);
    await rotate(running, KEY);
    const third = await live(running, 'third');
    for (const [repository, { digest }] of Object.entries({ first, third }))
      expect(await signedBy('admission-dev.3', repository, digest), repository).toEqual(admission);
    expect(await states('admission-dev')).toEqual([
      [KEY, 'trusted'],
      [KEY, 'retired'],
      [null, 'retired'],
    ]);
  });
});

describe('a rotation to a key that is ours already', () => {
  useRotationStage();

  test('is refused, and changes nothing: one in use, one of another name, one that is retired', async () => {
    const trust = await startWorker();
    await rotate(trust, `${KEY}/1`);
    const refused = async (name: string, state: string) => {
      const before = await Promise.all([states('admission-dev'), states('evidence')]);
      const id = await request(name, 0, `${KEY}/1`);
      await expect(inActivity(() => trust.beginRotation(id))).rejects.toMatchObject({
        type: 'KEY_NOT_NEW',
        nonRetryable: true,
        message: expect.stringContaining(`ours already (admission-dev, ${state})`),
      });
      expect(await Promise.all([states('admission-dev'), states('evidence')])).toEqual(before);
      await inActivity(() => trust.failRotation(id, 'it is ours already'));
    };
    await refused('admission-dev', 'trusted');
    await refused('evidence', 'trusted');
    await rotate(trust);
    await refused('admission-dev', 'retired');
    await live(trust, 'afterwards');
  });

  test('is refused where another rotation was faster, and is none where only a worker that started remembered it', async () => {
    await startWorker();
    const book = createRotationBook(own!.db);
    const made = { keyId: 'k', publicKeyPem: 'pem', file: 'admission-dev.2', reference: KEY };
    await registerOwnKeys(own!.db, [{ ...made, name: 'admission-dev' }]);
    await book.begin(await request('admission-dev'), made);
    expect((await states('admission-dev'))[0]).toEqual([KEY, 'trusted']);
    const late = await request('evidence');
    await expect(book.begin(late, { ...made, file: 'evidence.2' })).rejects.toMatchObject({ code: 'KEY_NOT_NEW' });
    expect(await read(late)).toMatchObject({ state: 'requested' });
  });
});
