import { sql } from 'kysely';
import type { AffectedSummary } from '../../domain/affected/affected-report.ts';
import type { Database } from './database.ts';
import type { Affected } from './find-affected.ts';

/** Artifacts are counted up to here; more are "at least". */
const COUNTED = 100;
/** Components in layers that are looked at for it. */
const MEMBERS = 5000;

/** How many artifacts there are, environments aside: exact up to a number, and no more than that is read. */
export async function countAffected(
  db: Database,
  { components, digests }: Affected,
): Promise<AffectedSummary['artifacts']> {
  const ids = sql`${[...components.keys()]}::bigint[]`;
  const named = sql`${[...digests]}::text[]`;
  const { rows } = await sql<{ count: number; cut: boolean }>`
    with members as materialized (
        select n.layer_set as id from unnest(${ids}) as c(id) cross join lateral (
          select m.layer_set from layer_component m where m.component = c.id limit ${COUNTED}) n
        limit ${MEMBERS}),
      layers as materialized (select distinct id from members limit ${COUNTED}),
      stocks as materialized (
        select distinct n.stock from layers t cross join lateral (
          select l.stock from stock_layer l where l.layer_set = t.id limit ${COUNTED}) n
        limit ${2 * COUNTED}),
      artifacts as materialized (
        select a.repository, a.digest from (
            select stock from stocks
            union select s.id from stock s join stock_component_before b on b.stock = s.digest
              where not s.layered and b.component = any(${ids})) k
          join stock s on s.id = k.stock join artifact_stock x on x.stock = s.digest join artifact a on a.digest = x.digest
        union
        select a.repository, a.digest from artifact a where a.digest in (
          select unnest(${named}) union select parent from artifact_edge where child = any(${named}))
        limit ${COUNTED + 1})
    select (select count(*)::int from artifacts) as count,
      (select count(*) from members) = ${MEMBERS} or (select count(*) from layers) = ${COUNTED} or (select count(*) from stocks) = ${2 * COUNTED}
        or exists (select from layers t where (select count(*) from (
          select from stock_layer l where l.layer_set = t.id limit ${COUNTED}) f) = ${COUNTED}) as cut`.execute(db);
  const { count = 0, cut = false } = rows[0] ?? {};
  return { count: Math.min(count, COUNTED), atLeast: cut || count > COUNTED };
}
