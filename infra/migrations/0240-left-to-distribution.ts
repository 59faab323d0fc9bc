import { type Kysely, sql } from 'kysely';

/**
 * A version that is the distribution's in one stock and somebody's own in another is two rows of `component`, matched apart. The row
 * of the former has its distribution behind its purl, which stays unique: workers of before go on writing to it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The distribution that it is left to, where there are advisories of that; and whether it was, when it was matched last.
    alter table component add column left_to text, add column is_left boolean not null default false;
    create index component_left_to on component (left_to) where left_to is not null;

    -- Its components are kept by whom they are left to; false where a worker of before wrote it, until it is read again.
    alter table stock add column left_noted boolean not null default false;
    create index stock_left_unnoted on stock (id) where not left_noted;

    -- Releases of distributions that advisories speak of, or did.
    create table advisory_distribution (distribution text primary key);

    -- What runs or waits is asked for its attested SBOMs once more: only who judges them reads them.
    update rescan_state set attested_as = null;
  `.execute(db);
}
