/** How old the advisories of each ecosystem are, by its own feed. */
import { sql } from 'kysely';
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

/**
 * Of each of those ecosystems, what somebody is made of: one without advisories is among them, without a time. OSV has no advisories
 * of what is `generic`, and nobody can bring in any.
 */
export async function feedTimesOf(db: Executor, ecosystems: ReadonlySet<string>): Promise<StoredFeedTime[]> {
  const known = new Map((await readFeedTimes(db)).map(({ ecosystem, at }) => [ecosystem, at]));
  return [...ecosystems]
    .filter((ecosystem) => ecosystem !== 'generic')
    .map((ecosystem) => ({ ecosystem, at: known.get(ecosystem) }));
}
