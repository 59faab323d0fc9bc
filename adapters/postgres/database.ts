/** One pool a process. Numbers: int8 comes back as a JS number (ids and sequences stay far below 2^53). */

import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { reach } from '../../domain/fault/fault-point.ts';
import { clientConfig } from './client-config.ts';
import { isStalePlan, preparedPool } from './prepared-pool.ts';
import type { Schema } from './schema.ts';

export type Database = Kysely<Schema>;
/** Either the pool or a transaction: stores take both, so that callers decide what is atomic. */
export type Executor = Kysely<Schema> | Transaction<Schema>;

pg.types.setTypeParser(pg.types.builtins.INT8, (text) => Number(text));

export interface DatabaseOptions {
  /** With libpq's TLS parameters; see client-config.ts. */
  readonly url: string;
  /** Connections at most. */
  readonly connections: number;
  readonly applicationName: string;
}

export function connectDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    ...clientConfig(options.url),
    max: options.connections,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    // No I/O happens while a row is locked, so a lock held this long is a stuck peer.
    options: '-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s',
  });
  // An idle connection that dies (a restart of Postgres) is replaced by the pool; the next query reports what matters.
  pool.on('error', () => undefined);
  // The pool listens to idle ones only: one that dies between two statements of a transaction would end the process.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: preparedPool(pool) }) });
}

/**
 * Runs every pending migration: on a database that is in use each in a transaction of its own, so that what one locks, the next does
 * not hold; on an empty one all in one, which is quicker. Two at once are safe: kysely holds an advisory lock. Returns those that
 * this call ran; throws the first failure, the transactions before stay.
 */
export async function migrateDatabase(
  db: Database,
  migrations: Readonly<Record<string, Migration>>,
): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => withFaultPoints(migrations) } });
  const isEmpty = (await migrator.getMigrations()).every(({ executedAt }) => executedAt === undefined);
  const applied: string[] = [];
  for (;;) {
    const { error, results = [] } = await (isEmpty ? migrator.migrateToLatest() : migrator.migrateUp());
    if (error !== undefined) {
      const failed = results.find((result) => result.status === 'Error')?.migrationName ?? 'before the first one';
      throw new Error(`database migration failed at ${failed}`, { cause: error });
    }
    applied.push(...results.map((result) => result.migrationName));
    if (isEmpty || results.length === 0) return applied;
  }
}

function withFaultPoints(migrations: Readonly<Record<string, Migration>>): Record<string, Migration> {
  const wrap = (name: string, migration: Migration): Migration => ({
    ...migration,
    async up(db) {
      await migration.up(db);
      await reach('migration.applied', name);
    },
  });
  return Object.fromEntries(Object.entries(migrations).map(([name, migration]) => [name, wrap(name, migration)]));
}

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const ATTEMPTS = 8;

/** A transaction that is tried again on serialization failure, deadlock, or a table that a migration changed under it. `act` must have no effect outside it. */
export function transact<T>(db: Database, act: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
  return retried(() => db.transaction().execute(act));
}

/** A transaction that leaves nothing: `act` sees what it writes, and nobody else ever does. */
export function rehearse<T>(db: Database, act: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
  return retried(async () => {
    const trx = await db.startTransaction().execute();
    try {
      return await act(trx);
    } finally {
      await trx.rollback().execute();
    }
  });
}

/** `transact` for a statement that is a transaction by itself. */
export async function retried<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      const mayPass = code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED || isStalePlan(error);
      if (!mayPass || attempt >= ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2 ** attempt * (1 + Math.random())));
    }
  }
}

/** True where Postgres answers. */
export async function isDatabaseHealthy(db: Database): Promise<boolean> {
  return sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );
}
