import { type Kysely, sql } from 'kysely';

/** Fences, incidents, what they select, and who was let out. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- FOR UPDATE to open, change or release an incident; FOR SHARE to reserve, go live, or write a fact a selector can name.
    create table incident_epoch (id boolean primary key default true check (id), value bigint not null default 0);
    insert into incident_epoch default values;

    create table incident (
      id text primary key,
      selector jsonb not null,
      reason text not null,
      state text not null default 'open' check (state in ('open', 'contained', 'closed')),
      opened_by text not null,
      opened_at timestamptz not null default now(),
      contained_at timestamptz,
      closed_by text,
      closed_at timestamptz
    );
    create index incident_open on incident (opened_at) where state <> 'closed';

    -- By digest alone: a digest can be fenced before its first push, whatever the repository.
    create table artifact_fence (
      digest text primary key,
      state text not null check (state in ('clear', 'fenced')),
      incident text references incident (id),
      reason text not null default '',
      changed_at timestamptz not null default now()
    );

    -- Diff-ids of base images, from the policy in force: sharing them makes nobody a copy.
    create table base_layer (diff_id text primary key);

    create table incident_subject (
      incident text not null references incident (id),
      digest text not null,
      relation text not null check (relation in ('selected', 'child', 'parent', 'copy')),
      state text not null default 'fenced' check (state in ('fenced', 'removing', 'confirmed', 'released')),
      detail jsonb not null default '{}',
      fenced_at timestamptz not null default now(),
      confirmed_at timestamptz,
      released_at timestamptz,
      primary key (incident, digest)
    );
    create index incident_subject_digest on incident_subject (digest);

    create table incident_excusal (
      incident text not null references incident (id),
      digest text not null,
      evidence jsonb not null,
      requested_by text not null,
      approvers jsonb not null,
      reason text not null,
      excused_at timestamptz not null default now(),
      primary key (incident, digest)
    );
    create table release_request (
      id text primary key,
      incident text not null references incident (id),
      digest text not null,
      requested_by text not null,
      reason text not null,
      evidence jsonb not null,
      state text not null default 'waiting' check (state in ('waiting', 'approved', 'rejected')),
      decided_by text,
      requested_at timestamptz not null default now(),
      decided_at timestamptz
    );
    create unique index release_request_waiting on release_request (incident, digest) where state = 'waiting';

    -- What stays refused after an incident is closed.
    create table deny_entry (
      digest text primary key,
      incident text not null references incident (id),
      reason text not null,
      denied_at timestamptz not null default now()
    );
  `.execute(db);
}
