import { type Kysely, sql } from 'kysely';

/** How far names and matches of another matcher's version were made anew; and what is matched again keeps its matches until then. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table rescan_state
      -- By which version the names of advisories were normalised before services started.
      add column named_version integer not null default 1,
      -- How far matching again has come; null where none is under way.
      add column matching jsonb`.execute(db);
  await sql`create index component_matched_again on component (id) where was_matched`.execute(db);
}
