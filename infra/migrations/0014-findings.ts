import { type Kysely, sql } from 'kysely';

/** Advisories come in epochs, and are matched against each component version once: a new epoch touches what it changed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- One import, from a source, whole or not at all.
    create table advisory_epoch (
      id bigint generated always as identity primary key,
      source text not null,
      actor text not null,
      state text not null default 'importing' check (state in ('importing', 'active', 'failed')),
      -- Of all records once it is active.
      digest text,
      records integer,
      added integer not null default 0,
      updated integer not null default 0,
      withdrawn integer not null default 0,
      unchanged integer not null default 0,
      rejected integer not null default 0,
      -- The first of them: [{"place", "reason"}]
      rejections jsonb not null default '[]',
      reason text not null default '',
      started_at timestamptz not null default now(),
      ended_at timestamptz
    );
    create index advisory_epoch_importing on advisory_epoch (id) where state = 'importing';

    -- What an import brought so far; in force once its epoch is active, and gone from here.
    create table advisory_staged (
      epoch bigint not null references advisory_epoch (id) on delete cascade,
      id text not null,
      modified text not null,
      withdrawn boolean not null,
      record jsonb not null,
      record_digest text not null,
      packages jsonb not null,
      primary key (epoch, id)
    );

    -- What an epoch changed, with every package that the record names, or named before.
    create table advisory_change (
      epoch bigint not null references advisory_epoch (id),
      advisory text not null,
      change text not null check (change in ('added', 'updated', 'withdrawn')),
      packages jsonb not null,
      primary key (epoch, advisory)
    );

    -- 0: before there were epochs.
    alter table advisory_state add column epoch bigint not null default 0;

    -- The epoch under which a version was matched first; from then on rescans keep it. Null: never matched.
    alter table component add column matched_epoch bigint;
    create index component_unmatched on component (id) where matched_epoch is null;
    -- A finding (without places, which are each stock's own), or what could not be decided.
    create table component_finding (
      component bigint not null references component (id),
      position integer not null,
      advisory text not null,
      decided boolean not null,
      body jsonb not null,
      primary key (component, position)
    );

    -- Grows when the findings of any of its components change: a verdict that saw fewer is judged again.
    alter table stock add column findings_version integer not null default 0, add column scanned_at timestamptz;
    alter table verdict add column findings_version bigint;

    -- What a rescan found to be different, and whether everybody was told.
    create table finding_change (
      epoch bigint not null,
      component bigint not null references component (id),
      advisory text not null,
      change text not null check (change in ('appeared', 'changed', 'gone')),
      severity text not null,
      fixed_in text,
      told_at timestamptz,
      primary key (epoch, component, advisory)
    );
    create index finding_change_untold on finding_change (component) where told_at is null;

    -- Every component version is matched under this epoch, as of this moment.
    create table rescan_state (
      id boolean primary key default true check (id),
      through bigint not null default 0,
      ended_at timestamptz
    );
    insert into rescan_state default values;

    -- Incidents that a finding opened by itself: once for a version and an advisory, whoever tries again.
    create table finding_incident (
      purl text not null,
      advisory text not null,
      incident text not null references incident (id),
      opened_at timestamptz not null default now(),
      primary key (purl, advisory)
    );
  `.execute(db);
}
