import { type Kysely, sql } from 'kysely';

/** Who the registry says pushed it: shown, and kept from approving it. Unknown of what came before. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table intake add column actor text`.execute(db);
}
