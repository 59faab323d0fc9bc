/** How old the advisories of each ecosystem are, by its own feed. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from './database.ts';

export interface StoredFeedTime {
  readonly ecosystem: string;
  /** RFC 3339; undefined where its records only came along with another feed's. */
  readonly at: string | undefined;
}

/** Of every ecosystem there is a record of, by name. From name to name along the index: there is a row per package of every advisory. */
export async function readFeedTimes(db: Executor): Promise<StoredFeedTime[]> {
  const { rows } = await sql<{ ecosystem: string; at: Date | null }>`
    with recursive e as (
      (select ecosystem from advisory_package order by ecosystem limit 1)
      union all
      select (select p.ecosystem from advisory_package p where p.ecosystem > e.ecosystem order by p.ecosystem limit 1)
      from e where e.ecosystem is not null)
    select e.ecosystem, t.synced_at as at from e left join advisory_feed_time t on t.ecosystem = e.ecosystem
    where e.ecosystem is not null order by e.ecosystem collate "C"`.execute(db);
  return rows.map(({ ecosystem, at }) => ({ ecosystem, at: at?.toISOString() }));
}

/** Ecosystems of what is stored, by name: from name to name along the index. Not `generic`, of which OSV has no advisories. */
export async function readNeededEcosystems(db: Executor): Promise<string[]> {
  const { rows } = await sql<{ ecosystem: string }>`
    with recursive e as (
      (select ecosystem from component order by ecosystem limit 1)
      union all
      select (select c.ecosystem from component c where c.ecosystem > e.ecosystem order by c.ecosystem limit 1)
      from e where e.ecosystem is not null)
    select ecosystem from e where ecosystem is not null and ecosystem <> 'generic' order by ecosystem collate "C"`.execute(
    db,
  );
  return rows.map(({ ecosystem }) => ecosystem);
}

/**
 * Rows `ecosystem`, `at` by name: of each of those ecosystems, what somebody is made of. One without advisories is among them,
 * without a time. OSV has no advisories of what is `generic`, and nobody can bring in any.
 */
export function feedTimesAmong(ecosystems: ReadonlySet<string>): RawBuilder<{ ecosystem: string; at: Date | null }> {
  return sql`
    select e.name as ecosystem,
      case when exists (select from advisory_package p where p.ecosystem = e.name) then t.synced_at end as at
    from unnest(${[...ecosystems]}::text[]) as e(name) left join advisory_feed_time t on t.ecosystem = e.name
    where e.name <> 'generic' order by e.name collate "C"`;
}

export async function feedTimesOf(db: Executor, ecosystems: ReadonlySet<string>): Promise<StoredFeedTime[]> {
  const { rows } = await feedTimesAmong(ecosystems).execute(db);
  return rows.map(({ ecosystem, at }) => ({ ecosystem, at: at?.toISOString() }));
}
