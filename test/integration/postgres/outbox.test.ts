import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { transact } from '../../../adapters/postgres/database.ts';
import { appendOutbox } from '../../../adapters/postgres/outbox.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';

let own: TestDatabase;

beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

const entry = (subject: string, step: string) => ({
  subject,
  step,
  type: 'test.written',
  actor: 'test',
  data: { step },
});

async function written(subject: string) {
  const { rows } = await sql<{ sequence: number; step: string }>`
    select sequence, step from outbox where subject = ${subject} order by sequence`.execute(own.db);
  return rows;
}

test('the same step is written once, also where both write at once', async () => {
  const first = await heldTransaction(own.db, (trx) => appendOutbox(trx, entry('same', 'one')));
  const second = appendOutbox(own.db, entry('same', 'one'));
  await own.blocked(1);
  await first.commit();
  await second;
  await appendOutbox(own.db, entry('same', 'one'));
  expect(await written('same')).toEqual([{ sequence: 1, step: 'one' }]);
});

test('a subject counts without gaps, whoever writes, and whatever is rolled back', async () => {
  const steps = Array.from({ length: 200 }, (_, index) => `step ${index}`);
  await Promise.allSettled(
    steps.map((step, index) =>
      transact(own.db, async (trx) => {
        await appendOutbox(trx, entry('busy', step));
        if (index % 3 === 0) throw new Error('rolled back');
      }),
    ),
  );
  const rows = await written('busy');
  expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 133 }, (_, index) => index + 1));
});

test('order of sequence is order of commit: the second writer waits for the first', async () => {
  const first = await heldTransaction(own.db, (trx) => appendOutbox(trx, entry('ordered', 'first')));
  const second = appendOutbox(own.db, entry('ordered', 'second'));
  await own.blocked(1);
  await first.rollback();
  await second;
  expect(await written('ordered')).toEqual([{ sequence: 1, step: 'second' }]);
});

test('every subject has a shard from 0 to 15', async () => {
  await sql`select append_outbox('shard ' || n, 'x', 't', 'a', '{}', null) from generate_series(1, 500) n`.execute(
    own.db,
  );
  const { rows } = await sql<{ shard: number; n: number }>`
    select shard, count(*) as n from outbox where subject like 'shard %' group by shard order by shard`.execute(own.db);
  expect(rows.map(({ shard }) => shard)).toEqual(Array.from({ length: 16 }, (_, index) => index));
});
