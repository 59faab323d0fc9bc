import { type Kysely, sql } from 'kysely';

/** Who agreed to a release proves it: what was decided, as the trust worker verifies it again. Null: on the word of the gateway. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // {request, digest, by, reason, proof: {kind, digest, by, at}}
  await sql`alter table incident_excusal add column decision jsonb`.execute(db);
}
