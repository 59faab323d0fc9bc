import { type Kysely, sql } from 'kysely';

/** By which version of the matcher everything stored was matched; and versions that were matched before and are matched again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table rescan_state add column match_version integer not null default 1`.execute(db);
  await sql`alter table component add column was_matched boolean not null default false`.execute(db);
}
