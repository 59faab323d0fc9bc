import { type Kysely, sql } from 'kysely';

/**
 * Under which tags we push what we push: under another tag, the same bytes are somebody's own push. Null in rows of a release that
 * wrote none down: they may have been pushed under any.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table push_intent add column tags text[]`.execute(db);
}
