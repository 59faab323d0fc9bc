import { type Kysely, sql } from 'kysely';

/** How far each address of advisories was brought in, so that only what changed since is fetched. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- "state": validators of its documents, and the time through which its records are in. Written with the records it speaks of.
    create table advisory_feed (
      address text primary key,
      state jsonb not null,
      -- When it answered last, changed or not.
      checked_at timestamptz not null default now()
    );
  `.execute(db);
}
