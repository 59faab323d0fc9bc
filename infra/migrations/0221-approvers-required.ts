import { type Kysely, sql } from 'kysely';

/** How many approve at least, by environment, as the trust worker's own list has it: so many are asked before anything is copied. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table approver_list add column required jsonb not null default '{}'`.execute(db);
}
