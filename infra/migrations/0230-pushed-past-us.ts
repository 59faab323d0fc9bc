import { type Kysely, sql } from 'kysely';

/** Where a digest was pushed past us: every quarantine asks, of a table that grows with each tag that moves. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index finding_unplanned_push on finding (split_part(subject, '@', 2)) where kind = 'unplanned-push'`.execute(
    db,
  );
}
