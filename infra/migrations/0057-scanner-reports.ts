import { type Kysely, sql } from 'kysely';

/** What other scanners found in an artifact, as somebody brought it. Rows are never changed: a report is withdrawn by a row beside it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table scanner_report (
      artifact text not null,
      -- Of the report's bytes, which are in the blob store.
      digest text not null,
      -- The artifact, or the platform of it, that its findings are held against.
      about text not null,
      -- The report itself says so; else who brought it does.
      named boolean not null,
      scanner text not null,
      version text not null,
      -- [{"ids", "purl", "name", "version", "severity", "fixedIn"}]
      findings jsonb not null,
      -- Every name of every vulnerability in it: a decision about one is about this artifact too.
      advisories text[] not null,
      source text not null,
      submitted_by text not null,
      submitted_at timestamptz not null default clock_timestamp(),
      primary key (artifact, digest)
    );
    create index scanner_report_advisories on scanner_report using gin (advisories);
    create table scanner_report_withdrawal (
      artifact text not null,
      digest text not null,
      reason text not null check (reason <> ''),
      withdrawn_by text not null,
      withdrawn_at timestamptz not null default clock_timestamp(),
      primary key (artifact, digest),
      foreign key (artifact, digest) references scanner_report (artifact, digest)
    );
    create trigger scanner_report_kept before update or delete on scanner_report
      for each row execute function refuse_change();
    create trigger scanner_report_withdrawal_kept before update or delete on scanner_report_withdrawal
      for each row execute function refuse_change();
  `.execute(db);
}
