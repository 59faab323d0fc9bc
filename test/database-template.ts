/** A database with every migration applied, which those of the test files are copied from: made once per server. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { connectDatabase, type Database, migrateDatabase } from '../adapters/postgres/database.ts';
import { migrations } from '../infra/migrations/list.ts';

/** A number of our own among the advisory locks of the database that the tests administer from. */
const LOCK = 850_085;

/** Another one for other migrations: a server of `PRATIQUE_TEST_HOME` outlives them. */
const name = `template_${createHash('sha256')
  .update(
    Object.entries(migrations)
      .flatMap(([key, { up }]) => [key, String(up)])
      .join('\0'),
  )
  .digest('hex')
  .slice(0, 16)}`;

/** Returns its name, once it is there and nobody is connected to it. `maintenance` is a connection to another database of the server at `url`. */
export function databaseTemplate(maintenance: Database, url: string): Promise<string> {
  return maintenance.connection().execute(async (session) => {
    await sql`select pg_advisory_lock(${LOCK})`.execute(session);
    try {
      const { rows } = await sql`select 1 from pg_database where datname = ${name}`.execute(session);
      if (rows.length === 0) await makeTemplate(session, url);
      return name;
    } finally {
      await sql`select pg_advisory_unlock(${LOCK})`.execute(session);
    }
  });
}

/** It has its name only when it is whole. */
async function makeTemplate(session: Database, url: string): Promise<void> {
  const staged = `${name}_staged`;
  await sql`drop database if exists ${sql.id(staged)} with (force)`.execute(session);
  await sql`create database ${sql.id(staged)}`.execute(session);
  const place = new URL(url);
  place.pathname = `/${staged}`;
  const db = connectDatabase({ url: place.href, connections: 1, applicationName: 'test-template' });
  try {
    await migrateDatabase(db, migrations);
  } finally {
    await db.destroy();
  }
  await sql`alter database ${sql.id(staged)} rename to ${sql.id(name)}`.execute(session);
}
