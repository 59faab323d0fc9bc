import { type Kysely, sql } from 'kysely';

/** When Temporal forgets a closed run, as it said at the last export: what the age of the oldest is held against. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table history_export add column retention_seconds integer`.execute(db);
}
