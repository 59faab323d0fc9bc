import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createKeyDesk } from '../../../adapters/postgres/key-desk.ts';
import { createKeyUseLog, listCheckpoints, listKeyUses } from '../../../adapters/postgres/key-use-log.ts';
import { registerOwnIdentities } from '../../../adapters/postgres/own-identities.ts';
import { registerOwnKeys } from '../../../adapters/postgres/own-keys.ts';
import { createLocalSigner } from '../../../adapters/sigstore/local-signer.ts';
import { identityName } from '../../../domain/trust/evidence.ts';
import { checkpointText, findChainDoubt, firstPrevious, type KeyUse } from '../../../domain/trust/key-use.ts';
import { predicateTypes } from '../../../domain/trust/statement.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';

let own: TestDatabase | undefined;
const checkpoint = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'checkpoint');
const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');
const keyId = `${'K'.repeat(43)}=`;

beforeEach(async () => {
  await own?.drop();
  own = await createTestDatabase();
});
afterAll(() => own?.drop());

const log = (actor = 'trust@here') => createKeyUseLog(own!.db, { actor, checkpoint });
const use = (name: string, changes: Partial<KeyUse> = {}): KeyUse => ({
  key: 'admission-prod',
  identity: `key:${keyId}`,
  statement: predicateTypes.cosignSignature,
  subject: `sha256:${sha256(name)}`,
  signed: sha256(`${name} signed`),
  signature: sha256(`${name} signature`),
  workflow: `promotion/prod/shop@sha256:${sha256(name)}`,
  run: 'run-1',
  ...changes,
});
const everything = { key: undefined, subject: undefined, statement: undefined, workflow: undefined, since: undefined };
const page = { limit: 1000, after: undefined };

async function chainDoubt() {
  const uses = (await listKeyUses(own!.db, everything, page)).items.toReversed();
  return findChainDoubt(
    uses,
    await listCheckpoints(own!.db, 0, Number.MAX_SAFE_INTEGER),
    { position: 0, hash: firstPrevious },
    {
      sha256,
      isSigned: (one) =>
        verify(
          'sha256',
          Buffer.from(checkpointText(one)),
          createPublicKey(checkpoint.publicKeyPem),
          Buffer.from(one.signature, 'base64'),
        ),
    },
  );
}

/** As somebody who owns the tables could. */
async function tamper(statement: string) {
  await sql`alter table key_use disable trigger all`.execute(own!.db);
  await sql.raw(statement).execute(own!.db);
  await sql`alter table key_use enable trigger all`.execute(own!.db);
}

describe('uses of a key', () => {
  test('of many processes at once are one chain without gaps, in order, under checkpoints; each run tells once', async () => {
    const [one, other] = [log('trust@one'), log('trust@two')];
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        (index % 2 === 0 ? one : other).append(use(`artifact ${index}`, { workflow: `w${index % 3}` })),
      ),
    );
    const { items } = await listKeyUses(own!.db, everything, page);
    expect(items.map(({ position }) => position)).toEqual(Array.from({ length: 60 }, (_, index) => 60 - index));
    expect(new Set(items.map(({ actor }) => actor))).toEqual(new Set(['trust@one', 'trust@two']));
    expect(await chainDoubt()).toBeUndefined();
    expect((await listCheckpoints(own!.db, 60, 60)).length).toBe(1);
    const { rows } = await sql<{ uses: { position: number }[] }>`
      select data->'uses' as uses from outbox where type = 'key.used' and subject = ${`key/key:${keyId}`}`.execute(
      own!.db,
    );
    expect(rows.flatMap(({ uses }) => uses.map(({ position }) => position)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 60 }, (_, index) => index + 1),
    );
  });

  test('are found by key, subject, statement, workflow and time, a page at a time', async () => {
    for (const name of ['a', 'b', 'c']) await log().append(use(name));
    await log().append(use('d', { key: 'evidence', identity: 'key:other', statement: predicateTypes.vsa }));
    const find = async (filter: Partial<typeof everything> | { key: string }) =>
      (await listKeyUses(own!.db, { ...everything, ...filter }, page)).items.map(({ position }) => position);
    expect(await find({ key: 'admission-prod' })).toEqual([3, 2, 1]);
    expect(await find({ key: keyId })).toEqual([3, 2, 1]);
    expect(await find({ subject: use('b').subject } as never)).toEqual([2]);
    expect(await find({ statement: predicateTypes.vsa } as never)).toEqual([4]);
    expect(await find({ workflow: use('c').workflow } as never)).toEqual([3]);
    const at = (await listKeyUses(own!.db, everything, page)).items[1]?.at ?? '';
    expect(await find({ since: at } as never)).toContain(4);
    const first = await listKeyUses(own!.db, everything, { limit: 3, after: undefined });
    expect(first.items.map(({ position }) => position)).toEqual([4, 3, 2]);
    expect((await listKeyUses(own!.db, everything, { limit: 3, after: first.next })).items).toHaveLength(1);
    const signature = use('b').signature;
    expect([...(await log().findSignatures([signature, sha256('another')])).keys()]).toEqual([signature]);
  });

  test('are not changed, taken away, or thrown away together', async () => {
    await log().append(use('a'));
    for (const statement of [
      `update key_use set actor = 'nobody'`,
      'delete from key_use',
      'truncate key_use',
      'delete from key_use_checkpoint',
    ])
      await expect(sql.raw(statement).execute(own!.db), statement).rejects.toThrow(/only added to/);
  });

  test.each([
    ['another actor', `update key_use set actor = 'nobody' where position = 2`, 2],
    ['another time', `update key_use set at = at + interval '1 second' where position = 2`, 2],
    ['one that is missing', 'delete from key_use where position = 2', 2],
    ['the last one under a checkpoint replaced', `update key_use set subject = 'x' where position = 3`, 3],
  ])('%s is found, by whoever owns the tables', async (_, statement, position) => {
    for (const name of ['a', 'b', 'c']) await log().append(use(name));
    expect(await chainDoubt()).toBeUndefined();
    await tamper(statement);
    expect(await chainDoubt()).toMatchObject({ position });
  });

  test('a chain that is written anew is found by its checkpoints: they are not by that key', async () => {
    for (const name of ['a', 'b']) await log().append(use(name));
    const thief = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'thief');
    await tamper('delete from key_use');
    await sql`alter table key_use_checkpoint disable trigger all`.execute(own!.db);
    await sql`delete from key_use_checkpoint`.execute(own!.db);
    await sql`update key_use_head set position = 0, hash = ${firstPrevious}`.execute(own!.db);
    await createKeyUseLog(own!.db, { actor: 'trust@here', checkpoint: thief }).append(use('b'));
    expect(await chainDoubt()).toMatchObject({
      position: 1,
      reason: expect.stringMatching(/not by the checkpoint key/),
    });
  });
});

describe('a key that is stopped', () => {
  const stopped = {
    code: 'KEY_STOPPED',
    message: expect.stringMatching(/admission-prod.*revoked.*pratique key rotate/),
  };
  const revoke = () =>
    createKeyDesk(own!.db, async () => undefined).revoke(
      { kind: 'signer', value: `key:${keyId}`, reason: 'stolen', from: undefined },
      'ada',
    );

  test('gets nothing recorded any more, in a worker that has it open; others beside it do', async () => {
    await registerOwnKeys(own!.db, [{ keyId, name: 'admission-prod', publicKeyPem: 'x' }]);
    const stale = log();
    await stale.append(use('before'));
    await revoke();
    const results = await Promise.allSettled([
      stale.append(use('after')),
      stale.append(use('other', { key: 'evidence', identity: 'key:other' })),
    ]);
    expect(results).toMatchObject([{ status: 'rejected', reason: stopped }, { status: 'fulfilled' }]);
    expect((await listKeyUses(own!.db, everything, page)).items.map(({ key }) => key)).toEqual([
      'evidence',
      'admission-prod',
    ]);
  });

  test('is an identity of ours as well: it signs no more from when it is revoked on', async () => {
    const identity = { kind: 'certificate', subject: 'prod@example.com', issuer: 'https://issuer.example' } as const;
    const name = identityName(identity);
    await registerOwnIdentities(own!.db, [identity]);
    const open = log();
    await open.append(use('before', { identity: name }));
    await createKeyDesk(own!.db, async () => undefined).revoke(
      { kind: 'signer', value: name, reason: 'stolen', from: undefined },
      'ada',
    );
    await expect(open.append(use('after', { identity: name }))).rejects.toMatchObject({
      code: 'KEY_STOPPED',
      message: expect.stringMatching(/prod@example\.com.*revoked.*PRATIQUE_SIGNING_IDENTITIES/),
    });
    await open.append(use('other'));
    expect((await listKeyUses(own!.db, everything, page)).items).toHaveLength(2);
  });

  test('while it signs: what is recorded is recorded before, and nothing after', async () => {
    await registerOwnKeys(own!.db, [{ keyId, name: 'admission-prod', publicKeyPem: 'x' }]);
    const workers = Array.from({ length: 4 }, () => log());
    const appended = Promise.allSettled(
      workers.flatMap((worker, w) => Array.from({ length: 20 }, (_, i) => worker.append(use(`${w} ${i}`)))),
    );
    await revoke();
    const results = await appended;
    const recorded = (await listKeyUses(own!.db, everything, page)).items;
    expect(recorded).toHaveLength(results.filter(({ status }) => status === 'fulfilled').length);
    const { rows } = await sql<{ late: number }>`
      select count(*)::int as late from key_use u join own_key k on 'key:' || k.key_id = u.identity where u.at > k.ended_at`.execute(
      own!.db,
    );
    expect(rows).toEqual([{ late: 0 }]);
    expect(await chainDoubt()).toBeUndefined();
  });
});
