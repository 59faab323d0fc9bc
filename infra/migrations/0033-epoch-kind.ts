import { type Kysely, sql } from 'kysely';

/** An import brings advisories, or what is known of attacks. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table advisory_epoch add column kind text not null default 'osv'
      constraint advisory_epoch_kind_check check (kind in ('osv', 'kev', 'epss'))`.execute(db);
}
