import { type Kysely, sql } from 'kysely';

/** Who took back a promotion that was being copied, and why: it looks before it goes live. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table promotion add column cancel text`.execute(db);
}
