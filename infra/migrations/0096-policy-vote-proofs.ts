import { type Kysely, sql } from 'kysely';

/** Who agreed to a policy proves it. Null: on the word of the gateway. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // {kind, digest, by, at}
  await sql`alter table policy_decision add column proof jsonb`.execute(db);
}
