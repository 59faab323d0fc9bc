import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createEvidenceBook } from '../../../adapters/postgres/evidence-book.ts';
import { createIncidentDesk } from '../../../adapters/postgres/incident-desk.ts';
import { createKeyDesk } from '../../../adapters/postgres/key-desk.ts';
import { keyInUse, registerOwnKeys } from '../../../adapters/postgres/own-keys.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { EvidenceRecord } from '../../../domain/trust/evidence.ts';
import { predicateTypes } from '../../../domain/trust/statement.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { digestOf, policyText } from './harbour.ts';

let own: TestDatabase | undefined;
let woken = 0;
const keyId = `${'K'.repeat(43)}=`;
const value = `key:${keyId}`;

beforeEach(async () => {
  await own?.drop();
  own = await createTestDatabase();
  woken = 0;
});
afterAll(() => own?.drop());

const desk = () =>
  createKeyDesk(own!.db, async () => {
    woken += 1;
  });
const epoch = async () => (await sql<{ value: number }>`select value from trust_epoch`.execute(own!.db)).rows[0]?.value;

/** An artifact that somebody signed with that key, closed and known. */
async function signedArtifact(repository: string): Promise<Digest> {
  const digest = digestOf(repository);
  await own!.db
    .insertInto('artifact')
    .values({ repository, digest, media_type: null, size: null, kind: null, outcome: null })
    .execute();
  const record: EvidenceRecord = {
    manifest: digestOf(`${repository} signature`),
    bundle: digestOf(`${repository} bundle`),
    subject: digest,
    predicateType: predicateTypes.cosignSignature,
    origin: 'foreign',
    verification: { outcome: 'verified', identity: { kind: 'key', keyId } },
  };
  await createEvidenceBook(own!.db).record(repository, [record]);
  return digest;
}
const openGenerations = async () =>
  (
    await sql<{
      repository: string;
      cause: string;
    }>`select repository, cause from generation where state <> 'closed' order by 1`.execute(own!.db)
  ).rows;

describe('revoking a key', () => {
  const request = { kind: 'signer' as const, value, reason: 'stolen', from: undefined };

  test('one of ours signs no more, whether it is revoked or an incident is about it', async () => {
    const stateOf = async () =>
      (await own!.db.selectFrom('own_key').select(['state', 'ended_at']).where('key_id', '=', keyId).execute())[0];
    await own!.db.insertInto('own_key').values({ key_id: keyId, name: 'evidence', public_key: 'x' }).execute();
    const incidents = createIncidentDesk(own!.db, createPolicyStore(own!.db), async () => undefined);
    await createPolicyStore(own!.db).activate(policyText(1), 'policy.yaml', 'test');
    await incidents.open({ selector: { kind: 'signer', value }, reason: 'leaked', actor: 'rita' });
    const stopped = await stateOf();
    expect(stopped).toMatchObject({ state: 'revoked', ended_at: expect.any(Date) });
    expect(await desk().revoke(request, 'ada')).toEqual({ outcome: 'unchanged', judgedAgain: [] });
    expect(await stateOf()).toEqual(stopped);
    // What it let in is looked at, which no selector finds.
    expect((await desk().listRevocations())[0]?.reverified).toMatchObject({ endedAt: null });
  });

  test('has everything that relied on it judged again, and nothing else, under a new epoch', async () => {
    const shop = await signedArtifact('shop');
    await own!.db
      .insertInto('artifact')
      .values({
        repository: 'other',
        digest: digestOf('other'),
        media_type: null,
        size: null,
        kind: null,
        outcome: null,
      })
      .execute();
    const before = await epoch();
    const revoked = await desk().revoke(request, 'ada');
    expect(revoked).toEqual({ outcome: 'revoked', judgedAgain: [{ repository: 'shop', digest: shop }] });
    expect(await openGenerations()).toEqual([{ repository: 'shop', cause: 'revocation' }]);
    expect(await epoch()).toBe((before ?? 0) + 1);
    expect(woken).toBe(1);
    const { rows } = await sql<{
      type: string;
      actor: string;
    }>`select type, actor from outbox where type = 'key.revoked'`.execute(own!.db);
    expect(rows).toEqual([{ type: 'key.revoked', actor: 'ada' }]);
  });

  test('twice is once; from an earlier instant, or altogether, is more; from a later one is not less', async () => {
    const from = (year: number) => ({ ...request, from: `${year}-01-01T00:00:00.000Z` });
    expect((await desk().revoke(from(2020), 'ada')).outcome).toBe('revoked');
    expect((await desk().revoke(from(2021), 'ada')).outcome).toBe('unchanged');
    expect((await desk().revoke(from(2019), 'ada')).outcome).toBe('revoked');
    expect((await desk().listRevocations())[0]?.from).toBe('2019-01-01T00:00:00.000Z');
    expect((await desk().revoke(request, 'ada')).outcome).toBe('revoked');
    expect((await desk().revoke(from(2019), 'ada')).outcome).toBe('unchanged');
    expect((await desk().listRevocations())[0]?.from).toBeNull();
  });

  test('says what fell: what was judged since and is not admitted', async () => {
    const shop = await signedArtifact('shop');
    await desk().revoke(request, 'ada');
    const judge = (admitted: boolean, environment: string, seconds = 1) =>
      sql`insert into verdict (repository, digest, environment, generation, outcome, admitted, policy_version, policy_digest,
            decision_digest, trust_epoch, body, evaluated_at)
          values ('shop', ${shop}, ${environment}, 1, ${admitted ? 'pass' : 'fail'}, ${admitted}, 1, 'p', ${String(admitted)}, 1, '{}', now() + make_interval(secs => ${seconds}))`.execute(
        own!.db,
      );
    expect((await desk().listRevocations())[0]).toMatchObject({ relied: 1, fell: [] });
    await judge(true, 'dev');
    await judge(false, 'prod');
    const [listed] = await desk().listRevocations();
    expect(listed?.fell).toEqual([{ repository: 'shop', digest: shop, environment: 'prod', live: false }]);
    // A decision that comes back renews its old row, which stays the older one by its number.
    await judge(true, 'staging', 3);
    await judge(false, 'staging', 2);
    expect((await desk().listRevocations())[0]?.fell).toHaveLength(1);
  });
});

test('of own keys, the newest of a name is in use', async () => {
  const pem = '-----BEGIN PUBLIC KEY-----';
  await registerOwnKeys(own!.db, [{ keyId: 'old', name: 'evidence', publicKeyPem: pem }]);
  await sql`update own_key set first_seen = now() - interval '1 day'`.execute(own!.db);
  await registerOwnKeys(own!.db, [{ keyId: 'new', name: 'evidence', publicKeyPem: pem }]);
  const keys = await desk().listOwn();
  expect(keys.map(({ keyId: id, inUse }) => [id, inUse])).toEqual([
    ['new', true],
    ['old', false],
  ]);
  expect(await keyInUse(own!.db, 'evidence')).toMatchObject({ keyId: 'new', file: 'evidence' });
});
