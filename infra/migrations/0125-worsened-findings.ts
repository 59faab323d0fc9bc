import { type Kysely, sql } from 'kysely';

/**
 * A finding that is there, and is graver than it was: malicious by another of its names, or rated higher. What is stored fits the
 * narrower check of before, and is not looked at again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table finding_change drop constraint finding_change_change_check;
    alter table finding_change add constraint finding_change_change_check
      check (change in ('appeared', 'worsened', 'changed', 'gone', 'exploited')) not valid;
  `.execute(db);
}
