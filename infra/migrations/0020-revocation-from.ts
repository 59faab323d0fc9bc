import { type Kysely, sql } from 'kysely';

/** What was signed before an instant, and proves it, may stand; without one, nothing does. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table revocation add column effective_from timestamptz`.execute(db);
}
