import { type Kysely, sql } from 'kysely';

/** When a requested workflow could not be started last: others have their turn before it. One pending rescan is enough. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table workflow_request add column tried_at timestamptz`.execute(db);
  await sql`
    delete from workflow_request r where r.workflow_id = 'rescan' and r.state = 'pending' and exists (
      select from workflow_request n where n.workflow_id = 'rescan' and n.state = 'pending' and n.generation > r.generation)`.execute(
    db,
  );
}
