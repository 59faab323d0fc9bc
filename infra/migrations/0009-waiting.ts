import { type Kysely, sql } from 'kysely';

/** What a promotion waits for, as data beside the sentence about it; waiting releases are listed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Null in rows of a worker that knew only the sentence: the next look at the promotion fills it in.
    alter table promotion add column waiting_for jsonb;

    create index release_request_listed on release_request (requested_at desc, id desc);
  `.execute(db);
}
