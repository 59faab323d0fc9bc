import { type Kysely, sql } from 'kysely';

/** Promotions, approvals, and what is where. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table promotion (
      environment text not null,
      repository text not null,
      digest text not null,
      generation integer not null,
      state text not null check (state in ('requested', 'waiting', 'reserved', 'live', 'denied', 'rejected', 'expired',
                                           'superseded', 'cancelled', 'undone', 'failed', 'quarantined')),
      tag text,
      -- Order of the builds of one channel: a lower one approved later does not move the tag back.
      build_order bigint not null,
      rollback boolean not null default false,
      requested_by text not null,
      verdict bigint references verdict (id),
      decision_digest text,
      reason text not null default '',
      lease_expires_at timestamptz,
      trace text,
      requested_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      ended_at timestamptz,
      primary key (environment, repository, digest, generation)
    );
    create unique index promotion_one_open on promotion (environment, repository, digest)
      where state in ('requested', 'waiting', 'reserved');
    create index promotion_digest on promotion (digest);
    create index promotion_channel on promotion (environment, repository, tag) where state in ('requested', 'waiting', 'reserved');

    create table approval (
      environment text not null,
      repository text not null,
      digest text not null,
      decision_digest text not null,
      principal text not null,
      groups jsonb not null,
      verb text not null check (verb in ('approve', 'reject')),
      reason text not null,
      proof jsonb,
      at timestamptz not null default now(),
      primary key (environment, repository, digest, decision_digest, principal)
    );

    -- In an environment means a row here. Owned by claims: undo removes only what its claim made, when no claim remains.
    create table placement (
      environment text not null,
      destination text not null,
      digest text not null,
      state text not null check (state in ('reserved', 'live', 'removed')),
      since timestamptz not null default now(),
      primary key (environment, destination, digest)
    );
    create index placement_digest on placement (digest);
    create table placement_claim (
      environment text not null,
      destination text not null,
      digest text not null,
      claim text not null,
      created jsonb not null default '[]',
      claimed_at timestamptz not null default now(),
      primary key (environment, destination, digest, claim),
      foreign key (environment, destination, digest) references placement (environment, destination, digest)
    );

    create table channel (
      environment text not null,
      destination text not null,
      tag text not null,
      digest text not null,
      build_order bigint not null,
      moved_at timestamptz not null default now(),
      primary key (environment, destination, tag)
    );

    -- Started by the activity that wrote the request, after commit; a sweeper starts what a crash left behind.
    create table workflow_request (
      workflow_id text not null,
      generation integer not null,
      kind text not null,
      task_queue text not null,
      input jsonb not null,
      state text not null default 'pending' check (state in ('pending', 'started')),
      requested_at timestamptz not null default now(),
      started_at timestamptz,
      primary key (workflow_id, generation)
    );
    create index workflow_request_pending on workflow_request (requested_at) where state = 'pending';

    create table finding (
      id bigint generated always as identity primary key,
      kind text not null,
      subject text not null,
      detail jsonb not null,
      event_id text,
      found_at timestamptz not null default now(),
      unique (kind, subject, event_id)
    );

    create table rebuild (
      id text primary key,
      repository text not null,
      digest text not null,
      incident text,
      state text not null check (state in ('requested', 'building', 'identical', 'different', 'failed')),
      source jsonb,
      new_digest text,
      difference text references blob (digest),
      reason text not null default '',
      requested_by text not null,
      requested_at timestamptz not null default now(),
      ended_at timestamptz
    );
    create index rebuild_digest on rebuild (digest);
  `.execute(db);
}
