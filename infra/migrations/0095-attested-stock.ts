import { type Kysely, sql } from 'kysely';

/** What others attest to be in an artifact, where the policy reads it: found by rescans, incidents and "are we affected?" too. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- One attested SBOM of one platform. "manifest" is the attestation's, "signer" is named by the policy it was read under.
    create table attested_stock (
      digest text not null,
      platform_digest text not null,
      platform text not null,
      manifest text not null,
      signer text not null,
      stock text not null references stock (digest),
      taken_at timestamptz not null default now(),
      primary key (digest, platform_digest, manifest)
    );
    create index attested_stock_stock on attested_stock (stock);
    create index attested_stock_platform on attested_stock (platform_digest);

    -- Everything that may tell what is in an artifact; "attested_by" is null where we read it ourselves.
    create view artifact_contents as
      select digest, platform_digest, platform, stock, null::text as attested_by from artifact_stock
      union all
      select digest, platform_digest, platform, stock, signer from attested_stock;

    create function is_stock_live(p_stock text) returns boolean language sql stable as $$
      select exists (select from artifact_contents x join placement p on p.digest = x.digest
        where x.stock = p_stock and p.state = 'live')
    $$;
    create or replace function mark_live_stocks(p_digest text) returns void language sql as $$
      update stock s set live = not s.live
      where s.digest in (select stock from artifact_contents where digest = p_digest) and s.live <> is_stock_live(s.digest)
    $$;
    create function attested_stock_marks_stocks() returns trigger language plpgsql as $$
    begin
      update stock s set live = not s.live
        where s.digest = coalesce(new.stock, old.stock) and s.live <> is_stock_live(s.digest);
      return null;
    end $$;
    create trigger attested_stock_marks_stocks after insert or delete on attested_stock
      for each row execute function attested_stock_marks_stocks();

    -- What the policy said of attested SBOMs when everything that runs or waits was asked for its own.
    alter table rescan_state add column attested_as text;
  `.execute(db);
}
