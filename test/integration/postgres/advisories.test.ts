import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresAdvisories } from '../../../adapters/postgres/advisory-database.ts';
import { advisoryDatabaseContract } from '../../contracts/advisory-database.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';

let own: TestDatabase;

beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

async function empty() {
  await own.db.deleteFrom('advisory').execute();
  const database = createPostgresAdvisories(own.db);
  await database.finish();
  return database;
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
  const other = createPostgresAdvisories(own.db);
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
  await Promise.all([database.finish(), database.finish()]);
  expect((await database.state()).records).toBe(300);
});
