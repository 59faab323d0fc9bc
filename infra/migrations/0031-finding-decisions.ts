import { type Kysely, sql } from 'kysely';

/** What people and VEX documents decide about findings. Rows are never changed: a decision is revoked, or followed by another. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A VEX document that was brought; its bytes are in the blob store.
    create table vex_document (
      digest text primary key,
      format text not null,
      source text not null,
      -- As it names itself.
      author text,
      statements integer not null,
      submitted_by text not null,
      submitted_at timestamptz not null default clock_timestamp()
    );

    create table finding_decision (
      id text primary key,
      -- Names of the vulnerability; one that the finding has too is enough.
      advisories text[] not null check (cardinality(advisories) > 0),
      state text not null check (state in ('not_affected', 'accepted_risk', 'fixed', 'under_investigation', 'affected')),
      justification text,
      reason text not null check (reason <> ''),
      owner text not null,
      -- Scope: null does not matter.
      component text,
      artifact text,
      environment text,
      -- Of a document: [{"names", "subcomponents"}]
      products jsonb,
      expires_at timestamptz,
      made_by text not null,
      made_role text not null,
      made_at timestamptz not null default clock_timestamp(),
      document text references vex_document (digest),
      -- When the document says that it was stated.
      stated_at timestamptz,
      check (state <> 'accepted_risk' or expires_at is not null)
    );
    create index finding_decision_advisories on finding_decision using gin (advisories);
    create index finding_decision_made on finding_decision (made_at, id);
    create index finding_decision_expires on finding_decision (expires_at) where expires_at is not null;

    create table finding_decision_revocation (
      decision text primary key references finding_decision (id),
      revoked_by text not null,
      reason text not null check (reason <> ''),
      revoked_at timestamptz not null default clock_timestamp()
    );

    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception 'rows of % are never changed', tg_table_name;
    end $$;
    create trigger finding_decision_kept before update or delete on finding_decision
      for each row execute function refuse_change();
    create trigger finding_decision_revocation_kept before update or delete on finding_decision_revocation
      for each row execute function refuse_change();

    -- What happened to a decision, and whether everybody whom it concerns was told.
    create table finding_decision_news (
      decision text not null references finding_decision (id),
      what text not null check (what in ('made', 'revoked', 'expired')),
      at timestamptz not null default clock_timestamp(),
      told_at timestamptz,
      primary key (decision, what)
    );
    create index finding_decision_untold on finding_decision_news (at) where told_at is null;

    -- From an advisory to the versions that have it.
    create index component_finding_advisory on component_finding (advisory);
  `.execute(db);
}
