import { type Kysely, sql } from 'kysely';

/** What came of everything that relied on a signer or builder that was revoked: one row a revocation, or a wider one of the same. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table reverification (
      id text primary key,
      kind text not null check (kind in ('signer', 'builder')),
      value text not null,
      requested_at timestamptz not null default now(),
      ended_at timestamptz,
      stood jsonb not null default '[]',
      fell jsonb not null default '[]'
    );
    create index reverification_about on reverification (kind, value, requested_at desc);`.execute(db);
}
