import { type Kysely, sql } from 'kysely';

/** Artifacts, their generations and structure, what stock-taking found, and the bodies behind references. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table blob (
      digest text primary key,
      media_type text not null,
      size bigint not null,
      bytes bytea not null,
      created_at timestamptz not null default now()
    );
    alter table blob alter column bytes set storage external;

    create table artifact (
      repository text not null,
      digest text not null,
      media_type text,
      size bigint,
      kind text check (kind in ('image', 'index', 'other')),
      phase text not null default 'pending',
      outcome text,
      reason text not null default '',
      generation integer not null default 0,
      first_seen timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (repository, digest)
    );
    create index artifact_digest on artifact (digest);
    create index artifact_updated on artifact (updated_at desc);

    -- Order of builds, taken when a push is recorded: an older build approved later does not move a channel back.
    create sequence build_order;

    -- One run of the pipeline over an artifact. "joined" counts events that arrived while it was open.
    create table generation (
      repository text not null,
      digest text not null,
      generation integer not null,
      cause text not null,
      state text not null default 'pending' check (state in ('pending', 'claimed', 'closed')),
      joined integer not null default 0,
      build_order bigint not null default nextval('build_order'),
      run_id text,
      trace text,
      outcome text,
      reason text not null default '',
      created_at timestamptz not null default now(),
      claimed_at timestamptz,
      closed_at timestamptz,
      primary key (repository, digest, generation),
      foreign key (repository, digest) references artifact (repository, digest)
    );
    create unique index generation_one_open on generation (repository, digest) where state <> 'closed';
    create index generation_pending on generation (created_at) where state = 'pending';

    create table tag (
      repository text not null,
      tag text not null,
      digest text not null,
      since timestamptz not null default now(),
      event_id text not null,
      primary key (repository, tag)
    );

    -- Structure, by digest alone: the same in every repository.
    create table artifact_edge (parent text not null, child text not null, platform text, primary key (parent, child));
    create index artifact_edge_child on artifact_edge (child);
    create table artifact_content (digest text primary key, config_digest text not null, created text);
    create index artifact_content_config on artifact_content (config_digest);
    create table artifact_layer (digest text not null, position integer not null, diff_id text not null, primary key (digest, position));
    create index artifact_layer_diff on artifact_layer (diff_id);

    create table layer_stock (cache_key text primary key, findings jsonb not null, created_at timestamptz not null default now());

    create table component (
      id bigint generated always as identity primary key,
      purl text not null unique,
      ecosystem text not null,
      advisory_name text not null,
      name text not null,
      version text not null
    );
    create index component_advisory on component (ecosystem, advisory_name);

    -- One set of components per distinct content, shared by all artifacts that have it; the full document is the blob.
    create table stock (
      digest text primary key references blob (digest),
      complete boolean not null,
      component_count integer not null,
      created_at timestamptz not null default now()
    );
    create table stock_component (
      stock text not null references stock (digest),
      component bigint not null references component (id),
      primary key (stock, component)
    );
    create index stock_component_component on stock_component (component);
    create table artifact_stock (
      digest text not null,
      platform_digest text not null,
      platform text not null,
      stock text references stock (digest),
      failure text,
      taken_at timestamptz not null default now(),
      primary key (digest, platform_digest)
    );

    create table advisory (
      id text primary key,
      modified text not null,
      withdrawn boolean not null default false,
      record jsonb not null,
      record_digest text not null
    );
    create table advisory_package (
      ecosystem text not null,
      name text not null,
      advisory text not null references advisory (id) on delete cascade,
      primary key (ecosystem, name, advisory)
    );
    -- One row: what the database holds. Recomputed in the transaction that changes it.
    create table advisory_state (
      id boolean primary key default true check (id),
      records integer not null default 0,
      digest text not null default '',
      newest text,
      synced_at timestamptz
    );
    insert into advisory_state default values;

    create table scan (
      stock text not null references stock (digest),
      database_digest text not null,
      report text not null references blob (digest),
      highest text not null,
      findings integer not null,
      scanned_at timestamptz not null default now(),
      primary key (stock, database_digest)
    );
  `.execute(db);
}
