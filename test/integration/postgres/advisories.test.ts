import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresAdvisories } from '../../../adapters/postgres/advisory-database.ts';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { feedTimesOf, readNeededEcosystems } from '../../../adapters/postgres/feed-times.ts';
import { readAdvisoryEpochs, readAdvisoryState } from '../../../adapters/postgres/read-status.ts';
import { readSurroundings } from '../../../adapters/postgres/surroundings.ts';
import { parseDigest } from '../../../domain/artifact/digest.ts';
import { advisoryDatabaseContract } from '../../contracts/advisory-database.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';

let own: TestDatabase;

beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

/** An import that is not in force yet, and the database it will be in. */
async function open() {
  const database = createPostgresAdvisories(own.db);
  const imports = createAdvisoryImports(own.db);
  const epoch = await imports.begin('test', 'test');
  return {
    ...database,
    upsert: (records: readonly unknown[]) => imports.stage(epoch, records),
    finish: () => imports.activate(epoch, { count: 0, first: [] }),
    fail: (reason: string) => imports.fail(epoch, reason),
  };
}

async function empty() {
  await own.db.deleteFrom('advisory').execute();
  return open();
}

advisoryDatabaseContract('Postgres, all in one batch,', async (records) => {
  const database = await empty();
  await database.upsert(records);
  await database.finish();
  return { database, close: () => Promise.resolve() };
});

advisoryDatabaseContract('Postgres, one record at a time,', async (records) => {
  const database = await empty();
  for (const record of records) await database.upsert([record]);
  await database.finish();
  return { database, close: () => Promise.resolve() };
});

const record = (id: string, more: object = {}) => ({
  id,
  modified: '2024-01-01T00:00:00Z',
  affected: [{ package: { ecosystem: 'npm', name: 'a' } }],
  ...more,
});

test('a time with a fraction is later than the same time without one', async () => {
  const database = await empty();
  await database.upsert([record('T-1', { modified: '2024-01-01T00:00:00.5Z', summary: 'later' })]);
  await database.upsert([record('T-1', { summary: 'earlier' })]);
  await database.finish();
  expect((await database.lookup('npm', ['a'])).get('a')).toMatchObject([{ summary: 'later' }]);
});

test('what jsonb can not hold is rejected by its place, and the rest of the batch is stored', async () => {
  const database = await empty();
  const { stored, rejected } = await database.upsert([
    record('NUL-1', { summary: 'a\u0000b' }),
    record('HALF-1', { summary: '\ud800' }),
    record('FINE-1', { summary: 'written as \\u0000, and \u{1f600}' }),
    { id: 1 },
  ]);
  expect({ stored, rejected: rejected.map(({ index }) => index) }).toEqual({ stored: 1, rejected: [0, 1, 3] });
});

test('a lookup that was under way when the database changed does not outlive the change', async () => {
  const database = await empty();
  await database.upsert([record('OLD-1')]);
  await database.finish();
  await database.state();
  const other = await open();
  const early = database.lookup('npm', ['a']);
  await other.upsert([record('NEW-1')]);
  await other.finish();
  await database.state();
  await early;
  const ids = (await database.lookup('npm', ['a'])).get('a')?.map(({ id }) => id);
  expect(ids).toEqual(['NEW-1', 'OLD-1']);
});

test('two batches of the same records at once are one', async () => {
  const database = await empty();
  const ids = Array.from({ length: 300 }, (_, index) => record(`MANY-${index}`));
  await Promise.all([database.upsert(ids), database.upsert(ids.toReversed()), database.upsert(ids)]);
  await database.finish();
  expect((await database.state()).records).toBe(300);
});

describe('an epoch', () => {
  const eventsOf = (epoch: number) =>
    own.db
      .selectFrom('outbox')
      .select('type')
      .where('subject', '=', 'advisories')
      .where('step', 'like', `epoch/${epoch}%`)
      .execute();

  test('is in force whole or not at all, and says what it changed', async () => {
    const first = await empty();
    await first.upsert([record('A-1'), record('B-1'), record('C-1')]);
    expect((await first.lookup('npm', ['a'])).size).toBe(0);
    expect(await first.finish()).toMatchObject({ added: 3, updated: 0, withdrawn: 0, unchanged: 0 });
    const second = await open();
    await second.upsert([
      record('A-1'),
      record('B-1', { modified: '2024-02-01T00:00:00Z', summary: 'more' }),
      record('C-1', { modified: '2024-02-01T00:00:00Z', withdrawn: '2024-02-01T00:00:00Z' }),
      record('D-1'),
    ]);
    const summary = await second.finish();
    expect(summary).toMatchObject({ added: 1, updated: 1, withdrawn: 1, unchanged: 1 });
    expect(await eventsOf(summary.epoch)).toEqual([{ type: 'advisories.activated' }]);
    const [shown] = await readAdvisoryEpochs(own.db, 1);
    expect(shown).toMatchObject({ epoch: summary.epoch, source: 'test', state: 'active', records: 4, added: 1 });
    const { rows } =
      await sql`select change from advisory_change where epoch = ${summary.epoch} order by advisory`.execute(own.db);
    expect(rows).toEqual([{ change: 'updated' }, { change: 'withdrawn' }, { change: 'added' }]);
  });

  test('remembers the packages that a record no longer names', async () => {
    const first = await empty();
    await first.upsert([record('A-1')]);
    await first.finish();
    const second = await open();
    const elsewhere = [{ package: { ecosystem: 'npm', name: 'b' } }];
    await second.upsert([record('A-1', { modified: '2024-02-01T00:00:00Z', affected: elsewhere })]);
    const { epoch } = await second.finish();
    const { rows } = await sql<{
      packages: unknown;
    }>`select packages from advisory_change where epoch = ${epoch}`.execute(own.db);
    expect(rows[0]?.packages).toEqual([
      { ecosystem: 'npm', name: 'b' },
      { ecosystem: 'npm', name: 'a' },
    ]);
  });

  test('that fails leaves the one before, is an event, and is said until its source comes in again', async () => {
    const first = await empty();
    await first.upsert([record('A-1')]);
    await first.finish();
    const before = await readAdvisoryState(own.db);
    const broken = await open();
    await broken.upsert([record('B-1')]);
    await broken.fail('the zip ends in the middle');
    const { failure, ...after } = await readAdvisoryState(own.db);
    expect([after.digest, after.epoch, failure?.reason]).toEqual([
      before.digest,
      before.epoch,
      'the zip ends in the middle',
    ]);
    const [shown] = await readAdvisoryEpochs(own.db, 1);
    expect(await eventsOf(shown?.epoch ?? 0)).toEqual([{ type: 'advisories.sync-failed' }]);
    await expect(broken.finish()).rejects.toThrow('import again');
    const again = await open();
    await again.upsert([record('B-1')]);
    await again.finish();
    expect((await readAdvisoryState(own.db)).failure).toBeNull();
  });

  test('waits for another that is being activated: each counts what it changed', async () => {
    await own.db.deleteFrom('advisory').execute();
    const [one, two] = [await open(), await open()];
    const records = Array.from({ length: 200 }, (_, index) => record(`BOTH-${index}`));
    await one.upsert(records);
    await two.upsert(records);
    const summaries = await Promise.all([one.finish(), two.finish()]);
    expect(summaries.map(({ added, unchanged }) => added + unchanged)).toEqual([200, 200]);
    expect(summaries.map(({ added }) => added).toSorted((a, b) => a - b)).toEqual([0, 200]);
  });
});

test('a record of a time that is yet to come gives way to its next form', async () => {
  const database = await empty();
  await database.upsert([record('A-1', { modified: '9999-01-01T00:00:00Z' }), record('A-2')]);
  await database.finish();
  const next = await open();
  await next.upsert([
    record('A-1', { modified: '2024-02-01T00:00:00Z', withdrawn: '2024-02-01T00:00:00Z' }),
    record('A-2', { modified: '2023-01-01T00:00:00Z' }),
  ]);
  expect(await next.finish()).toMatchObject({ withdrawn: 1, unchanged: 1 });
  expect((await next.state()).newest).toBe('2024-02-01T00:00:00Z');
});

test('where an address was left is kept with its records; one that has nothing new is as of now, and fails no more', async () => {
  const imports = createAdvisoryImports(own.db);
  const address = 'https://feeds.example/npm/all.zip';
  expect(await imports.feedState(address)).toBeUndefined();
  const first = await imports.begin(address, 'schedule');
  await imports.stage(first, [record('FEED-1')]);
  const state = { list: { etag: '"1"' }, through: '2024-01-01T00:00:00Z' };
  await imports.activate(first, { count: 0, first: [] }, { feed: { address, state } });
  expect(await imports.feedState(address)).toEqual(state);

  const second = await imports.begin(address, 'schedule');
  await imports.fail(second, 'broke off');
  expect(await imports.feedState(address)).toEqual(state);
  expect(await readAdvisoryState(own.db)).toMatchObject({ epoch: first, failure: { source: address } });

  await sql`update advisory_state set synced_at = now() - interval '2 days'`.execute(own.db);
  await imports.confirm({ address, state: { ...state, list: { etag: '"2"' } } });
  const { epoch, failure, syncedAt } = await readAdvisoryState(own.db);
  expect([epoch, failure]).toEqual([first, null]);
  expect(Date.now() - Date.parse(syncedAt ?? '')).toBeLessThan(24 * 3_600_000);
  expect(await imports.feedState(address)).toMatchObject({ list: { etag: '"2"' } });
});

test('what came with the release makes no feed young, nor the whole', async () => {
  const fresh = await createTestDatabase();
  try {
    const imports = createAdvisoryImports(fresh.db);
    const bring = async (shipped: object) => {
      const epoch = await imports.begin('upload', 'test');
      await imports.stage(epoch, [
        {
          ...{ id: 'A-1', modified: '2026-01-01T00:00:00Z' },
          affected: [{ package: { ecosystem: 'npm', name: 'x' }, versions: ['1'] }],
        },
      ]);
      await imports.activate(epoch, { count: 0, first: [] }, shipped);
      return readAdvisoryState(fresh.db);
    };
    const timeless = { records: 1, syncedAt: null, feeds: [{ ecosystem: 'npm', syncedAt: null }] };
    expect(await bring({ isShipped: true })).toMatchObject(timeless);
    const brought = await bring({});
    expect(brought).toMatchObject({
      records: 1,
      syncedAt: expect.any(String),
      feeds: [{ syncedAt: expect.any(String) }],
    });
  } finally {
    await fresh.drop();
  }
});

test('the age of an ecosystem is that of its own feed, and a file of nobody in particular speaks for the others only', async () => {
  const imports = createAdvisoryImports(own.db);
  const about = (id: string, ...names: string[]) => ({
    ...{ id, modified: '2026-01-01T00:00:00Z' },
    affected: names.map((ecosystem) => ({ package: { ecosystem, name: 'x' }, versions: ['1'] })),
  });
  const bring = async (source: string, records: object[], ecosystems?: string[]) => {
    const epoch = await imports.begin(source, 'test');
    await imports.stage(epoch, records);
    await imports.activate(epoch, { count: 0, first: [] }, ecosystems === undefined ? {} : { ecosystems });
  };
  const times = async () =>
    Object.fromEntries((await readAdvisoryState(own.db)).feeds.map(({ ecosystem, syncedAt }) => [ecosystem, syncedAt]));
  await bring('https://feeds.example/Hex/all.zip', [about('A-1', 'Hex', 'Pub')]);
  const first = await times();
  expect(first).toMatchObject({ Hex: expect.any(String), Pub: null });
  await bring('upload', [about('A-2', 'Hex', 'Pub', 'CRAN')]);
  const second = await times();
  expect(second).toMatchObject({ Hex: first.Hex, Pub: expect.any(String), CRAN: second.Pub });
  await bring('osv', [about('A-3', 'Hex')], ['CRAN']);
  const third = await times();
  expect(third).toMatchObject({ Hex: first.Hex, Pub: second.Pub });
  expect(third.CRAN! > second.CRAN!).toBe(true);
  // What an artifact needs and nobody brought in is told; of what is generic there is nothing to bring in.
  const needed = new Set(['Packagist', 'Pub', 'generic']);
  const expected = [
    { ecosystem: 'Packagist', at: undefined },
    { ecosystem: 'Pub', at: second.Pub },
  ];
  expect(await feedTimesOf(own.db, needed)).toEqual(expected);
  // Verdicts read the same, among what else surrounds them.
  const { feeds } = await readSurroundings(
    own.db,
    { repository: 'any', digest: parseDigest(`sha256:${'0'.repeat(64)}`) },
    needed,
  );
  expect(feeds).toEqual(expected);
});

test('the ecosystems of what is stored are those that somebody needs advisories of', async () => {
  expect(await readNeededEcosystems(own.db)).toEqual([]);
  const stored = ['npm', 'generic', 'Debian', 'npm', 'Hex'].map((ecosystem, index) => ({ ecosystem, index }));
  for (const { ecosystem, index } of stored)
    await sql`insert into component (purl, ecosystem, advisory_name, name, version)
      values (${`pkg:generic/needed-${index}@1`}, ${ecosystem}, 'x', 'x', '1')`.execute(own.db);
  expect(await readNeededEcosystems(own.db)).toEqual(['Debian', 'Hex', 'npm']);
});

test('what a worker that died had brought in is let go after a day, and told', async () => {
  const imports = createAdvisoryImports(own.db);
  const [forgotten, underway] = [await imports.begin('a feed', 'schedule'), await imports.begin('another', 'schedule')];
  const record = { id: 'OSV-FORGOTTEN', modified: '2026-01-01T00:00:00Z', affected: [] };
  for (const epoch of [forgotten, underway]) await imports.stage(epoch, [record]);
  await sql`update advisory_epoch set started_at = now() - interval '25 hours' where id = ${forgotten}`.execute(own.db);
  await imports.begin('a feed', 'schedule');
  const { rows: staged } = await sql`
    select epoch from advisory_staged where epoch in (${forgotten}, ${underway})`.execute(own.db);
  expect(staged).toEqual([{ epoch: underway }]);
  const { rows } = await sql`
    select data ->> 'epoch' as epoch from outbox where type = 'advisories.sync-failed' and step = ${`epoch/${forgotten}/failed`}`.execute(
    own.db,
  );
  expect(rows).toHaveLength(1);
});
