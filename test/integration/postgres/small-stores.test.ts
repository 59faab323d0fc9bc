import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresBlobStore } from '../../../adapters/postgres/blob-store.ts';
import { connectDatabase, migrateDatabase } from '../../../adapters/postgres/database.ts';
import { recordDeadLetter } from '../../../adapters/postgres/dead-letters.ts';
import { createPostgresLayerCache } from '../../../adapters/postgres/layer-cache.ts';
import { createPostgresLease } from '../../../adapters/postgres/lease.ts';
import { registerOwnKeys } from '../../../adapters/postgres/own-keys.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { migrations } from '../../../infra/migrations/list.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { directHere } from '../../faults/obey.ts';
import { digestOf, policyText } from './harbour.ts';

let own: TestDatabase;

beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

test('two migrators at once: each migration runs once', async () => {
  const empty = await createTestDatabase({ migrated: false });
  const second = connectDatabase({ url: empty.url, connections: 2, applicationName: 'second' });
  try {
    const [a, b] = await Promise.all([migrateDatabase(empty.db, migrations), migrateDatabase(second, migrations)]);
    expect([...a, ...b].sort()).toEqual(Object.keys(migrations).sort());
    expect(await migrateDatabase(empty.db, migrations)).toEqual([]);
  } finally {
    await second.destroy();
    await empty.drop();
  }
});

const all = Object.keys(migrations).toSorted();
test.each<[string, had: readonly string[], rest: readonly string[]]>([
  ['leaves nothing behind in an empty database, the one that waited runs all of them', [], all],
  ['leaves no half of a migration behind, the one that waited runs the rest', all.slice(0, -4), all.slice(-3)],
])('a migrator that dies between two migrations %s', async (_, had, rest) => {
  const faults = directHere();
  const used = await createTestDatabase({ migrated: false });
  const dying = connectDatabase({ url: used.url, connections: 1, applicationName: 'dying' });
  try {
    if (had.length > 0)
      await migrateDatabase(used.db, Object.fromEntries(had.map((name) => [name, migrations[name]!])));
    const trap = faults.stopAt('migration.applied', { after: 1 });
    const first = migrateDatabase(dying, migrations);
    const stopped = await trap.stopped;
    const second = migrateDatabase(used.db, migrations);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dying'`.execute(own.db);
    stopped.go();
    await expect(first).rejects.toThrow('database migration failed');
    expect(await second).toEqual(rest);
  } finally {
    faults.close();
    await dying.destroy();
    await used.drop();
  }
});

describe('the policy in force', () => {
  test('is the highest version; a lower or equal one is refused, the same file changes nothing', async () => {
    const store = createPolicyStore(own.db);
    await expect(store.current()).rejects.toThrow('no policy is in force');
    expect(await store.activate(policyText(5), 'five.yaml', 'ann')).toMatchObject({ outcome: 'activated', version: 5 });
    const epoch = () => own.db.selectFrom('trust_epoch').select('value').executeTakeFirstOrThrow();
    const before = await epoch();
    expect(await store.activate(policyText(5), 'five.yaml', 'ann')).toMatchObject({ outcome: 'unchanged', version: 5 });
    for (const version of [4, 5])
      expect(await store.activate(policyText(version, { dev: ', mode: audit' }), 'low.yaml', 'ann')).toMatchObject({
        outcome: 'refused',
      });
    expect(await epoch()).toEqual(before);
    expect((await store.current()).document.version).toBe(5);
    await expect(store.activate('kind: Policy', 'broken.yaml', 'ann')).rejects.toMatchObject({ name: 'PolicyError' });
  });

  test('changes one at a time: of many at once the highest ends in force, and versions only rise', async () => {
    const store = createPolicyStore(own.db);
    const versions = [16, 11, 19, 13, 20, 12];
    const outcomes = await Promise.all(
      versions.map((version) => store.activate(policyText(version), 'many.yaml', 'ann')),
    );
    expect((await store.current()).document.version).toBe(20);
    expect(outcomes.filter(({ outcome }) => outcome === 'activated').length).toBeGreaterThan(0);
    const { rows } = await sql<{
      version: number;
    }>`select version from policy where version > 10 order by activated_at, version`.execute(own.db);
    expect(rows.map(({ version }) => version)).toEqual(rows.map(({ version }) => version).toSorted((a, b) => a - b));
  });

  test('is seen by a store that had read the one before', async () => {
    const [reader, writer] = [createPolicyStore(own.db), createPolicyStore(own.db)];
    await reader.current();
    await writer.activate(policyText(30), 'thirty.yaml', 'ann');
    expect((await reader.current()).document.version).toBe(30);
  });
});

describe('a lease', () => {
  test('is held by one at a time', async () => {
    const lease = createPostgresLease(own.db);
    let inside = 0;
    let most = 0;
    const turn = () =>
      lease.hold('one', async () => {
        inside += 1;
        most = Math.max(most, inside);
        await delay(10);
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 8 }, turn));
    expect(most).toBe(1);
    expect(await own.db.selectFrom('lease').select('key').execute()).toEqual([]);
  });

  test("of a holder that died is taken over; that holder, waking up, frees nobody else's", async () => {
    const lease = createPostgresLease(own.db);
    const steps: string[] = [];
    let wake: () => void = () => undefined;
    const stuck = lease.hold('two', () => new Promise<void>((resolve) => (wake = resolve)));
    while ((await own.db.selectFrom('lease').select('key').execute()).length === 0) await delay(5);
    await sql`update lease set expires_at = now() - interval '1 second' where key = 'two'`.execute(own.db);
    let finish: () => void = () => undefined;
    const second = lease.hold('two', () =>
      new Promise<void>((resolve) => (finish = resolve)).then(() => void steps.push('second')),
    );
    const holderOf = async () =>
      (await own.db.selectFrom('lease').select('expires_at').where('expires_at', '>', sql<Date>`now()`).execute())
        .length;
    while ((await holderOf()) === 0) await delay(5);
    wake();
    await stuck;
    expect(await holderOf()).toBe(1);
    const third = lease.hold('two', async () => void steps.push('third'));
    await delay(50);
    finish();
    await Promise.all([second, third]);
    expect(steps).toEqual(['second', 'third']);
  });

  test('is freed when the act fails', async () => {
    const lease = createPostgresLease(own.db);
    await expect(lease.hold('three', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await lease.hold('three', () => Promise.resolve('again'))).toBe('again');
  });
});

test('a blob is what its digest says, or an error', async () => {
  const store = createPostgresBlobStore(own.db);
  const bytes = new TextEncoder().encode('a document');
  const reference = await store.put(bytes, 'text/plain');
  expect(await store.put(bytes, 'text/plain')).toEqual(reference);
  expect(new Uint8Array(await store.get(reference.digest))).toEqual(bytes);
  await sql`update blob set bytes = 'other' where digest = ${reference.digest}`.execute(own.db);
  await expect(store.get(reference.digest)).rejects.toThrow('does not match its digest');
  await expect(store.get(digestOf('none'))).rejects.toThrow('is not in the store');
});

test('a dead letter that comes again is one row; one of another offset, or of a topic that was made again, is another', async () => {
  const record = {
    topic: 't',
    partition: 0,
    offset: '7',
    key: null,
    value: Buffer.from([0, 255]),
    headers: { a: 'b' },
  };
  for (const offset of ['7', '7', '8'])
    await recordDeadLetter(own.db, { record: { ...record, offset }, code: 'EVENT_INVALID', reason: 'undecodable' });
  const later = { ...record, value: Buffer.from([1]) };
  await recordDeadLetter(own.db, { record: later, code: 'EVENT_INVALID', reason: 'undecodable' });
  const rows = await own.db.selectFrom('dead_letter').select(['record_offset', 'record_value']).orderBy('id').execute();
  expect(rows.map((row) => [row.record_offset, row.record_value?.toString('hex')])).toEqual([
    [7, '00ff'],
    [8, '00ff'],
    [7, '01'],
  ]);
});

test('a key we ever held stays ours, under its first name', async () => {
  const key = { keyId: 'k', name: 'evidence', publicKeyPem: 'pem' };
  await registerOwnKeys(own.db, []);
  await registerOwnKeys(own.db, [key]);
  await registerOwnKeys(own.db, [
    { ...key, name: 'renamed' },
    { ...key, keyId: 'k2' },
  ]);
  expect(await own.db.selectFrom('own_key').select(['key_id', 'name']).orderBy('key_id').execute()).toEqual([
    { key_id: 'k', name: 'evidence' },
    { key_id: 'k2', name: 'evidence' },
  ]);
});

test('findings of a layer are kept by blob, diff-id, catalog version and limits', async () => {
  const cache = createPostgresLayerCache(own.db);
  const key = { blob: digestOf('blob'), diffId: digestOf('diff'), catalogVersion: '1', limits: 'x' } as never;
  const findings = { files: [] } as never;
  expect(await cache.get(key)).toBeUndefined();
  await cache.put(key, findings);
  await cache.put(key, { files: ['other'] } as never);
  expect(await cache.get(key)).toEqual(findings);
  for (const change of [{ catalogVersion: '2' }, { limits: 'y' }, { blob: digestOf('b2') }, { diffId: digestOf('d2') }])
    expect(await cache.get({ ...(key as object), ...change } as never)).toBeUndefined();
});
