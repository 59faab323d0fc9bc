import { type Kysely, sql } from 'kysely';

/** Since when the advisories of an ecosystem are brought in without a gap: what was judged before that, and waits, is judged again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table advisory_feed_time add column current_since timestamptz not null default now()`.execute(db);
}
