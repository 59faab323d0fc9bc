/** A database of its own for a test file, with every migration applied; and what a test of locks needs to see. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql, type Transaction } from 'kysely';
import { connectDatabase, type Database } from '../adapters/postgres/database.ts';
import type { Schema } from '../adapters/postgres/schema.ts';
import { databaseTemplate } from './database-template.ts';
import { infra } from './infra.ts';

export interface TestDatabase {
  readonly db: Database;
  readonly url: string;
  /** Resolves once `count` sessions of this database wait for a lock. Throws after five seconds. */
  blocked(count: number): Promise<void>;
  drop(): Promise<void>;
}

/** `migrated: false` leaves it empty. */
export async function createTestDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = new URL(infra().databaseUrl);
  const maintenance = connectDatabase({ url: url.href, connections: 1, applicationName: 'test-maintenance' });
  const template = options.migrated === false ? 'template1' : await databaseTemplate(maintenance, url.href);
  await sql`create database ${sql.id(name)} template ${sql.id(template)}`.execute(maintenance);
  url.pathname = `/${name}`;
  const db = connectDatabase({ url: url.href, connections: 12, applicationName: 'test' });
  return {
    db,
    url: url.href,
    async blocked(count) {
      for (const start = Date.now(); Date.now() - start < 5000; await delay(5)) {
        const { rows } = await sql<{ waiting: number }>`
          select count(*) as waiting from pg_stat_activity where datname = ${name} and wait_event_type = 'Lock'`.execute(
          maintenance,
        );
        if ((rows[0]?.waiting ?? 0) >= count) return;
      }
      throw new Error(`fewer than ${count} sessions wait for a lock`);
    },
    async drop() {
      await db.destroy();
      await sql`drop database ${sql.id(name)} with (force)`.execute(maintenance);
      await maintenance.destroy();
    },
  };
}

/** A transaction held open until `commit` or `rollback`: a session stopped between two writes. */
export async function heldTransaction<T>(
  db: Database,
  act: (trx: Transaction<Schema>) => Promise<T>,
): Promise<{ readonly result: T; commit(): Promise<void>; rollback(): Promise<void> }> {
  const trx = await db.startTransaction().execute();
  const result = await act(trx);
  return {
    result,
    commit: async () => void (await trx.commit().execute()),
    rollback: async () => void (await trx.rollback().execute()),
  };
}
