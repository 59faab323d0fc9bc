import { type Kysely, sql } from 'kysely';

/** Exceptions of the policy whose time is over, and what rests on them was told: each once, whatever version of the policy has it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table policy_exception_end (
      environment text not null,
      advisory text not null,
      -- Empty where the exception is about any component.
      purl text not null,
      expires text not null,
      told_at timestamptz not null default clock_timestamp(),
      primary key (environment, advisory, purl, expires)
    );
  `.execute(db);
}
