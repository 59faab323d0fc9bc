import { type Kysely, sql } from 'kysely';

/** When the advisories of each ecosystem were brought in last: one feed that stands still is not made young by another. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table advisory_feed_time (
      ecosystem text primary key,
      synced_at timestamptz not null,
      -- Its own feed was brought in, and not only a file with such records: from then on only that tells its age.
      named boolean not null
    );
    -- Of what is there already nobody knows more than when anything was brought in last.
    insert into advisory_feed_time (ecosystem, synced_at, named)
    with recursive e as (
      (select ecosystem from advisory_package order by ecosystem limit 1)
      union all
      select (select p.ecosystem from advisory_package p where p.ecosystem > e.ecosystem order by p.ecosystem limit 1)
      from e where e.ecosystem is not null)
    select e.ecosystem, s.synced_at, false from e, advisory_state s where e.ecosystem is not null and s.synced_at is not null;
  `.execute(db);
}
