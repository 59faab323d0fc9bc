import { type Kysely, sql } from 'kysely';

/** What somebody said before they decided again about the same decision: it counts no more, and stays with its proof. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Beside `approval`: gateways of the release before go on replacing its rows by their key.
  await sql`
    create table replaced_approval (
      id bigint generated always as identity primary key,
      environment text not null,
      repository text not null,
      digest text not null,
      decision_digest text not null,
      principal text not null,
      groups jsonb not null,
      verb text not null check (verb in ('approve', 'reject')),
      reason text not null,
      proof jsonb,
      at timestamptz not null,
      voided_by text references incident (id),
      void_reason text,
      replaced_at timestamptz not null default now()
    );
    create index replaced_approval_digest on replaced_approval (digest)`.execute(db);
}
