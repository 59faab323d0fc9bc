import { type Kysely, sql } from 'kysely';

/** Since when a promotion waits for people: its life counts from then. What waits for them already was asked about when it was requested. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table promotion add column asked_at timestamptz`.execute(db);
  await sql`
    update promotion set asked_at = requested_at where state = 'waiting' and waiting_for ->> 'for' = 'approval'`.execute(
    db,
  );
}
