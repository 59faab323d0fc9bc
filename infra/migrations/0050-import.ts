import { type Kysely, sql } from 'kysely';

/** What ran before Pratique did: who brought it in, and until when it may stay where it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- One call of "pratique import".
    create table import_run (
      id text primary key,
      environment text not null,
      until timestamptz not null,
      reason text not null check (reason <> ''),
      source_kind text not null check (source_kind in ('registry', 'cluster', 'git')),
      -- Of a registry the pattern of repositories, else what the caller calls it.
      source text not null,
      dry_run boolean not null,
      requested_by text not null,
      requested_role text not null,
      state text not null default 'open' check (state in ('open', 'started', 'done', 'failed')),
      -- Whether the registry's tags are all in import_reference.
      listed boolean not null default false,
      note text not null default '',
      requested_at timestamptz not null default clock_timestamp(),
      ended_at timestamptz
    );

    create table import_reference (
      import text not null references import_run (id),
      position integer not null,
      reference text not null,
      place text not null,
      -- Null while nobody has looked.
      outcome text check (outcome in ('taken', 'already', 'admitted', 'ignored', 'refused', 'unresolved')),
      reason text not null default '',
      repository text,
      digest text,
      primary key (import, position),
      unique (import, reference, place)
    );
    create index import_reference_waiting on import_reference (import, position) where outcome is null;

    -- May stay where it is until its date, whatever its gates say. Says nothing about a quarantine, and lets nothing in.
    create table grandfathering (
      id text primary key,
      environment text not null,
      -- The artifact it is judged as.
      repository text not null,
      digest text not null,
      -- Where it lies; the same as repository where it runs without ever having been in the environment's own.
      destination text not null,
      until timestamptz not null,
      reason text not null check (reason <> ''),
      source_kind text not null,
      source text not null,
      place text not null,
      import text not null references import_run (id),
      made_by text not null,
      made_role text not null,
      made_at timestamptz not null default clock_timestamp(),
      unique (environment, destination, digest, until)
    );
    create index grandfathering_artifact on grandfathering (repository, digest);
    create index grandfathering_digest on grandfathering (digest);
    create index grandfathering_until on grandfathering (until);

    -- Its date was over, and that was told.
    create table grandfathering_end (
      grandfathering text primary key references grandfathering (id),
      at timestamptz not null default clock_timestamp(),
      -- Whether it was still there, and not admitted: then there is a finding.
      found boolean not null
    );

    create trigger grandfathering_kept before update or delete on grandfathering
      for each row execute function refuse_change();
    create trigger grandfathering_end_kept before update or delete on grandfathering_end
      for each row execute function refuse_change();
  `.execute(db);
}
