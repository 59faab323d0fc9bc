import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { connectDatabase, type Executor, transact } from '../../../adapters/postgres/database.ts';
import { infra } from '../../infra.ts';

it('a connection that dies inside a transaction fails the transaction, not the process', async () => {
  const db = connectDatabase({ url: infra().databaseUrl, connections: 2, applicationName: 'test' });
  const died = db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db);
    // Between two statements nobody waits for the connection: an error there has no query to go to.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await sql`select 1`.execute(trx);
  });
  await expect(died).rejects.toThrow(/terminat|not queryable|connection/i);
  expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  await db.destroy();
});

it('a statement that was prepared goes on after a migration changed its table, alone and in a transaction', async () => {
  const db = connectDatabase({ url: infra().databaseUrl, connections: 1, applicationName: 'test' });
  const columns = async (executor: Executor) => {
    const { rows } = await sql<Record<string, unknown>>`select * from changes_under_way`.execute(executor);
    return Object.keys(rows[0] ?? {});
  };
  await sql`create table changes_under_way as select 1 as one`.execute(db);
  try {
    for (let round = 0; round < 10; round += 1) expect(await columns(db)).toEqual(['one']);
    const prepared = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db);
    expect(prepared.rows.map(({ statement }) => statement)).toContain('select * from changes_under_way');
    await sql`alter table changes_under_way add two int`.execute(db);
    expect(await columns(db)).toEqual(['one', 'two']);

    for (let round = 0; round < 10; round += 1) await columns(db);
    await sql`alter table changes_under_way add three int`.execute(db);
    expect(await transact(db, columns)).toEqual(['one', 'two', 'three']);
  } finally {
    await sql`drop table changes_under_way`.execute(db);
    await db.destroy();
  }
});

it('texts that come once are not prepared', async () => {
  const db = connectDatabase({ url: infra().databaseUrl, connections: 1, applicationName: 'test' });
  for (let length = 1; length <= 600; length += 1)
    await sql`select ${sql.join(Array.from({ length }, () => sql.lit(1)))}`.execute(db);
  const { rows } = await sql`select 1 from pg_prepared_statements`.execute(db);
  expect(rows).toEqual([]);
  await db.destroy();
});
