import { type Kysely, sql } from 'kysely';

/** Which of the promotions into that environment a decision is about. Null of what a gateway of the release before took. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table decision_ticket add column generation integer`.execute(db);
}
