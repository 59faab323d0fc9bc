import { type Kysely, sql } from 'kysely';

/** What "are we affected?" is answered by: advisories by any of their names, component versions by package; documents take less room. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index advisory_aliases on advisory using gin ((record -> 'aliases') jsonb_path_ops);
    create index advisory_upstream on advisory using gin ((record -> 'upstream') jsonb_path_ops);

    -- The name advisories are indexed by; null in rows of before until a stock that has the component is read again.
    alter table component add column package_key text;
    create index component_package on component (ecosystem, package_key);

    -- Documents say the same things again and again: Zstandard, where true.
    alter table blob add column packed boolean not null default false;

    create index artifact_stock_platform on artifact_stock (platform_digest);
    create index placement_live on placement (digest) where state = 'live';
  `.execute(db);
}
