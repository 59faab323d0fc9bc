import { type Kysely, sql } from 'kysely';

/** Whether something of ours lies in a repository, whatever the policy says it is: asked for each token of ours for the registry. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index placement_destination on placement (destination)`.execute(db);
}
