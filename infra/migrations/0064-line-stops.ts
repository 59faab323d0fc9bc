import { type Kysely, sql } from 'kysely';

/** Somebody stops what enters an environment (null: every one) until somebody lets it go on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table line_stop (
      id bigint generated always as identity primary key,
      environment text,
      reason text not null,
      stopped_by text not null,
      stopped_at timestamptz not null default now(),
      resumed_by text,
      resume_reason text,
      resumed_at timestamptz,
      constraint line_stop_resumed_check check (num_nulls(resumed_by, resume_reason, resumed_at) in (0, 3))
    )`.execute(db);
  await sql`
    create unique index line_stop_in_force on line_stop (coalesce(environment, '*')) where resumed_at is null`.execute(
    db,
  );
}
