import { type Kysely, sql } from 'kysely';

/** Histories are found by what they are about, and their bodies end one day: what they were stays. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- history: null where the body is not kept any more; then pruned_digest has what it was, of the gzipped JSON.
    alter table workflow_history
      alter column history drop not null,
      add column pruned_digest text,
      add column pruned_at timestamptz;
    create index workflow_history_closed on workflow_history (closed_at, run_id);
    -- Ids end in the digest they are about: "sha256:" and 64 digits.
    create index workflow_history_about on workflow_history (right(workflow_id, 71), closed_at, run_id);
  `.execute(db);
}
