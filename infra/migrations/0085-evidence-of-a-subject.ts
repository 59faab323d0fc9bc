import { type Kysely, sql } from 'kysely';

/** Evidence is one subject's: a manifest that another subject lists too is neither overwritten nor hidden by that. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What was recorded under a subject that it is not about is read again where it belongs.
    delete from evidence where record ->> 'subject' <> subject or (outcome = 'rejected' and record ->> 'predicateType' = 'unreadable'
      and record #>> '{verification,reason}' = 'the manifest names another subject than the one it is listed under');
    -- The index is built beside those who read; taking it as the key is a moment.
    create unique index evidence_key on evidence (repository, manifest, subject);
    alter table evidence drop constraint evidence_pkey, add constraint evidence_pkey primary key using index evidence_key;
  `.execute(db);
}
