/** Rotations to keys that Vault holds: which key it is stays what was recorded. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrustActivities } from '../../../activities/trust/activities.ts';
import { createKeyDesk } from '../../../adapters/postgres/key-desk.ts';
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

async function rotate(trust: TrustActivities, reference: string): Promise<void> {
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
