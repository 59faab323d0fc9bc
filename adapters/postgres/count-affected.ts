import { type RawBuilder, sql } from 'kysely';
import type { AffectedSummary } from '../../domain/affected/affected-report.ts';
import type { Database } from './database.ts';
import type { Affected } from './find-affected.ts';
import { holdersOfStock } from './holders-of-stock.ts';
import { runsSomewhere } from './live-in.ts';
import { withHolders } from './nesting.ts';

/** Artifacts are counted up to here; more are "at least". */
const COUNTED = 100;
/** Components in layers that are looked at for it. */
const MEMBERS = 5000;

/** From stocks to who has them. */
const artifactsOfStocks = (stocks: string, counts: RawBuilder<boolean>) => sql`
  select a.repository, a.digest from ${sql.table(stocks)} k join stock s on s.id = k.stock
    ${holdersOfStock} join artifact a on a.digest = x.digest where ${counts}`;

/**
 * How many artifacts there are, or where an environment is named, how many it has now: exact up to a number, and no more than that
 * is read. Of most artifacts there is one stock: so many are looked at as are counted, and as many again only where several were of
 * one artifact.
 */
export async function countAffected(
  db: Database,
  { components, digests }: Affected,
  environment: string | undefined,
): Promise<AffectedSummary['artifacts']> {
  const ids = sql`${[...components.keys()]}::bigint[]`;
  const isEverywhere = environment === undefined;
  const counts = isEverywhere ? sql<boolean>`true` : runsSomewhere('a', environment);
  const [layerComponent, stockLayer] = isEverywhere
    ? ['layer_component', 'stock_layer']
    : ['live_component', 'live_layer'];
  const named = sql`${[...digests]}::text[]`;
  const { rows } = await sql<{ count: number; cut: boolean }>`
    with members as materialized (
        select n.layer_set as id from unnest(${ids}) as c(id) cross join lateral (
          select m.layer_set from ${sql.table(layerComponent)} m where m.component = c.id limit ${COUNTED}) n
        limit ${MEMBERS}),
      layers as materialized (select distinct id from members limit ${COUNTED}),
      held as materialized (
        select t.id, n.stock from layers t cross join lateral (
          select l.stock from ${sql.table(stockLayer)} l where l.layer_set = t.id limit ${COUNTED}) n),
      stocks as materialized (select distinct stock from held order by stock limit ${2 * COUNTED}),
      first as materialized (select stock from stocks order by stock limit ${COUNTED + 1}),
      more as materialized (select stock from stocks order by stock offset ${COUNTED + 1}),
      counted as materialized (
        ${artifactsOfStocks('first', counts)}
        union
        select a.repository, a.digest from stock_component_before b join artifact_stock x on x.stock = b.stock
          join artifact a on a.digest = x.digest
          where b.component = any(${ids}) and exists (select from stock s where s.digest = b.stock and not s.layered) and ${counts}
        union
        select a.repository, a.digest from artifact a where a.digest = any(${withHolders(sql`unnest(${named})`)}) and ${counts}
        limit ${COUNTED + 1}),
      artifacts as materialized (
        select repository, digest from counted
        union
        select repository, digest from (${artifactsOfStocks('more', counts)}) m where (select count(*) from counted) <= ${COUNTED})
    select (select count(*)::int from artifacts) as count,
      (select count(*) from members) = ${MEMBERS} or (select count(*) from layers) = ${COUNTED} or (select count(*) from stocks) = ${2 * COUNTED}
        or exists (select from held group by id having count(*) = ${COUNTED}) as cut`.execute(db);
  const { count = 0, cut = false } = rows[0] ?? {};
  return { count: Math.min(count, COUNTED), atLeast: cut || count > COUNTED };
}
