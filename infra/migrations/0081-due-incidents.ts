import { type Kysely, sql } from 'kysely';

/** Findings that the policy opens an incident on, and that one rescan had too many of: the next one goes on with them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table finding_incident_due (
      purl text not null,
      advisory text not null,
      severity text not null,
      is_new boolean not null,
      is_exploited boolean not null,
      since timestamptz not null default now(),
      primary key (purl, advisory)
    )`.execute(db);
}
