import { type Kysely, sql } from 'kysely';

/** Whom our certificates ever named: what they signed is ours, and never counts as origin. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table own_identity (name text primary key, first_seen timestamptz not null default now())`.execute(
    db,
  );
}
