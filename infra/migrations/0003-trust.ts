import { type Kysely, sql } from 'kysely';

/** Policy, evidence, facts, verdicts; people, tokens and leases. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table policy (
      version bigint primary key,
      digest text not null,
      body text not null,
      file_name text not null,
      activated_by text not null,
      activated_at timestamptz not null default now()
    );

    create table evidence (
      repository text not null,
      manifest text not null,
      subject text not null,
      bundle text not null,
      predicate_type text not null,
      origin text not null check (origin in ('own', 'foreign')),
      outcome text not null check (outcome in ('verified', 'rejected')),
      identity text,
      record jsonb not null,
      recorded_at timestamptz not null default now(),
      primary key (repository, manifest)
    );
    create index evidence_subject on evidence (subject);

    -- Every key this installation has ever held: what they signed is ours, and never counts as origin.
    create table own_key (
      key_id text primary key,
      name text not null,
      public_key text not null,
      first_seen timestamptz not null default now()
    );

    -- ECDSA signatures differ every time: a retried step takes the bundle it signed first.
    create table signed_statement (
      step text not null,
      key_id text not null,
      bundle text not null references blob (digest),
      signed_at timestamptz not null default now(),
      primary key (step, key_id)
    );

    -- What a selector can name, by digest: signer, builder, host, source, commit. Verified facts only.
    create table artifact_fact (
      digest text not null,
      kind text not null,
      value text not null,
      recorded_at timestamptz not null default now(),
      primary key (digest, kind, value)
    );
    create index artifact_fact_value on artifact_fact (kind, value);

    create table verdict (
      id bigint generated always as identity primary key,
      repository text not null,
      digest text not null,
      environment text not null,
      generation integer not null,
      outcome text not null check (outcome in ('pass', 'fail', 'unknown')),
      admitted boolean not null,
      policy_version bigint not null,
      policy_digest text not null,
      decision_digest text not null,
      trust_epoch bigint not null,
      body jsonb not null,
      vsa text,
      evaluated_at timestamptz not null,
      unique (repository, digest, environment, generation, decision_digest, trust_epoch)
    );
    create index verdict_latest on verdict (repository, digest, environment, id desc);

    -- Bumped whenever trust changes (a revocation, a new policy): a verdict from an earlier epoch is judged again.
    create table trust_epoch (id boolean primary key default true check (id), value bigint not null default 0);
    insert into trust_epoch default values;
    create table revocation (
      kind text not null check (kind in ('signer', 'builder')),
      value text not null,
      incident text,
      reason text not null,
      revoked_by text not null,
      revoked_at timestamptz not null default now(),
      primary key (kind, value)
    );

    create table principal (
      subject text primary key,
      display_name text not null default '',
      created_at timestamptz not null default now()
    );
    -- Commit keys, e-mail addresses and accounts that are this person, however many tokens they hold.
    create table principal_alias (
      kind text not null check (kind in ('email', 'commit-signer', 'account')),
      value text not null,
      subject text not null references principal (subject),
      primary key (kind, value)
    );
    create table api_token (
      id text primary key,
      subject text not null references principal (subject),
      name text not null,
      hash text not null unique,
      role text not null check (role in ('viewer', 'approver', 'responder', 'operator', 'admin')),
      groups jsonb not null default '[]',
      -- Repositories and builders this token's events may speak for (patterns).
      speaks_for jsonb not null default '{"repositories": [], "builders": []}',
      created_by text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      revoked_at timestamptz,
      revoked_by text,
      last_used_at timestamptz
    );

    create table lease (
      key text primary key,
      holder text not null,
      expires_at timestamptz not null
    );
  `.execute(db);
}
