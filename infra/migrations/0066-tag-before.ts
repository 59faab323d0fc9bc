import { type Kysely, sql } from 'kysely';

/** What a promotion's tag named before the promotion moved it: a digest, or nothing (''); null where it moved none. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table placement_claim add column tag_before text`.execute(db);
}
