import { type Kysely, sql } from 'kysely';

/** Events, what was decided about each, and the pushes and builds they speak of. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table intake (
      event_id text primary key,
      source text not null,
      type text not null,
      subject text,
      generation integer,
      outcome text not null check (outcome in ('started', 'joined', 'dropped')),
      reason text not null default '',
      tag text,
      trace text,
      occurred_at timestamptz not null,
      recorded_at timestamptz not null default now()
    );
    create index intake_subject on intake (subject, recorded_at);
    create index intake_recorded on intake (recorded_at);

    -- Pushes of ours, committed before we push: known by what, not by who.
    create table push_intent (
      repository text not null,
      digest text not null,
      kind text not null,
      created_at timestamptz not null default now(),
      primary key (repository, digest)
    );

    -- Builds are facts keyed by output digest: stored first, then signalled. What an event says is a claim by its source.
    create table build_fact (
      output_digest text not null,
      event_id text not null,
      source text not null,
      repository text,
      claimed jsonb not null,
      recorded_at timestamptz not null default now(),
      primary key (output_digest, event_id)
    );

    create table dead_letter (
      id bigint generated always as identity primary key,
      topic text not null,
      partition integer not null,
      record_offset bigint not null,
      record_key bytea,
      record_value bytea,
      headers jsonb not null default '{}',
      code text not null,
      reason text not null,
      created_at timestamptz not null default now(),
      replayed_at timestamptz,
      replayed_by text,
      unique (topic, partition, record_offset)
    );
  `.execute(db);
}
