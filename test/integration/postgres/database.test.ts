import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { connectDatabase } from '../../../adapters/postgres/database.ts';
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
