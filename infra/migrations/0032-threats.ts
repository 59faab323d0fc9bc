import { type Kysely, sql } from 'kysely';

/** What is known of attacks, by CVE: CISA's catalogue of known exploited vulnerabilities, and FIRST's EPSS scores. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table known_exploited (
      cve text primary key,
      -- YYYY-MM-DD
      added text not null,
      due text,
      ransomware boolean not null
    );
    create table epss_score (cve text primary key, score real not null, percentile real not null);

    -- Entries that an import of the catalogue brought or took away: what a rescan looks for.
    create table known_exploited_change (
      epoch bigint not null references advisory_epoch (id),
      cve text not null,
      change text not null check (change in ('added', 'gone')),
      primary key (epoch, cve)
    );

    -- A finding that is there, and is attacked now. Checked for new rows at once, for those of before without holding anybody up.
    alter table finding_change drop constraint finding_change_change_check;
    alter table finding_change add constraint finding_change_change_check
      check (change in ('appeared', 'changed', 'gone', 'exploited')) not valid;
    alter table finding_change validate constraint finding_change_change_check;
  `.execute(db);
}
