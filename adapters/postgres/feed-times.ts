/** How old the advisories of each ecosystem are, by its own feed. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from './database.ts';

export interface StoredFeedTime {
  readonly ecosystem: string;
  /** RFC 3339; undefined where its records only came along with another feed's. */
  readonly at: string | undefined;
}

/** Rows `ecosystem`, each name once: from name to name along the index, of which there are few among very many rows. */
export function ecosystemsIn(table: 'advisory_package' | 'component'): RawBuilder<{ ecosystem: string }> {
  const from = sql.table(table);
  return sql`(
    with recursive e as (
      (select ecosystem from ${from} order by ecosystem limit 1)
      union all
      select (select t.ecosystem from ${from} t where t.ecosystem > e.ecosystem order by t.ecosystem limit 1)
      from e where e.ecosystem is not null)
    select ecosystem from e where ecosystem is not null)`;
}

/** Of every ecosystem there is a record of, by name. */
export async function readFeedTimes(db: Executor): Promise<StoredFeedTime[]> {
  const { rows } = await sql<{ ecosystem: string; at: Date | null }>`
    select e.ecosystem, t.synced_at as at from ${ecosystemsIn('advisory_package')} e
      left join advisory_feed_time t on t.ecosystem = e.ecosystem order by e.ecosystem collate "C"`.execute(db);
  return rows.map(({ ecosystem, at }) => ({ ecosystem, at: at?.toISOString() }));
}

/** Ecosystems of what is stored, by name. Not `generic`, of which OSV has no advisories. */
export async function readNeededEcosystems(db: Executor): Promise<string[]> {
  const { rows } = await sql<{ ecosystem: string }>`
    select ecosystem from ${ecosystemsIn('component')} e where ecosystem <> 'generic' order by ecosystem collate "C"`.execute(
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
