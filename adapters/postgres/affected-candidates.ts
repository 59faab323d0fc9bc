/**
 * Artifacts that have some of these components, in the order they are shown: newest layer that has one, then newest stock with
 * that layer. Read along the indexes in that order: what it costs is bounded by the number of components that are meant, and by
 * the length of a page; not by how many layers, stocks or artifacts there are.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from './database.ts';
import type { Affected } from './find-affected.ts';
import { holdersOfStock } from './holders-of-stock.ts';
import { runsSomewhere } from './live-in.ts';
import { withHolders } from './nesting.ts';

/** What runs somewhere comes first. */
export type Phase = 'live' | 'rest';

/** After this one begins what is read. A stock without layers, and what was asked about itself, has layer 0; the latter stock 0. */
export interface CandidatePosition {
  readonly phase: Phase;
  readonly layer: number;
  readonly stock: number;
  readonly digest: string;
  readonly repository: string;
}

/** No row has a higher number. */
const HIGHEST = 2 ** 31 - 1;

/** Before everything of a phase. */
export const beginningOf = (phase: Phase): CandidatePosition => before(phase, HIGHEST, HIGHEST);

function before(phase: Phase, layer: number, stock: number): CandidatePosition {
  return { phase, layer, stock, digest: '', repository: '' };
}

export interface Candidate {
  readonly repository: string;
  readonly digest: string;
  readonly layer: number;
  readonly stock: number;
}

export interface Candidates {
  /** An artifact may be among them several times: once a layer. */
  readonly rows: readonly Candidate[];
  /** Where to go on in this phase; undefined at its end. */
  readonly next: CandidatePosition | undefined;
}

interface Answer {
  rows: Candidate[] | null;
  /** Pairs of layer and stock that were looked at, and the last of them. */
  pairs: number;
  last: { layer: number; stock: number } | null;
  /** Layers that were looked at, and the lowest. */
  layers: number;
  lowest: number | null;
}

/** One statement: each costs more to ask than to answer. `environment`: only what that has now. */
export async function readCandidates(
  db: Database,
  { components, digests }: Affected,
  from: CandidatePosition,
  environment: string | undefined,
  limit: number,
): Promise<Candidates> {
  const many = limit + 1;
  const ids = sql`${[...components.keys()]}::bigint[]`;
  const { rows } = await sql<Answer>`
    with layers as materialized (${layersOf(ids, from, many)}),
      pairs as materialized (${pairsOf(from, many)}),
      found as materialized (
        select a.repository, a.digest, p.layer, p.stock from (select * from pairs union all ${stocksOfBefore(ids, from)}) p
          join stock s on s.id = p.stock ${holdersOfStock} join artifact a on a.digest = x.digest
        union
        select a.repository, a.digest, 0, 0 from artifact a where a.digest = any(${withHolders(sql`unnest(${[...digests]}::text[])`)}))
    select (select jsonb_agg(to_jsonb(k) order by k.layer desc, k.stock desc, k.digest, k.repository) from (
        select f.* from found f where ${isAfter(from)} and ${runs(from.phase, environment)}
        order by f.layer desc, f.stock desc, f.digest, f.repository limit ${many}) k) as rows,
      (select count(*)::int from pairs) as pairs,
      (select to_jsonb(l) from (select layer, stock from pairs order by 1, 2 limit 1) l) as last,
      (select count(*)::int from layers) as layers, (select min(id) from layers) as lowest`.execute(db);
  const answer = rows[0];
  return answer === undefined ? { rows: [], next: undefined } : candidatesOf(answer, from.phase, many);
}

/** Per component the newest, of all of them the newest. */
function layersOf(ids: RawBuilder<unknown>, { phase, layer }: CandidatePosition, many: number): RawBuilder<unknown> {
  const members = sql.table(phase === 'live' ? 'live_component' : 'layer_component');
  return sql`
    select distinct n.layer_set as id from unnest(${ids}) as c(id) cross join lateral (
      select m.layer_set from ${members} m where m.component = c.id and m.layer_set <= ${layer}
      order by m.layer_set desc limit ${many}) n
    order by 1 desc limit ${many}`;
}

function pairsOf({ phase, layer, stock }: CandidatePosition, many: number): RawBuilder<unknown> {
  const stocks = sql.table(phase === 'live' ? 'live_layer' : 'stock_layer');
  return sql`
    select t.id as layer, n.stock from layers t cross join lateral (
      select l.stock from ${stocks} l
      where l.layer_set = t.id and l.stock <= case when t.id = ${layer} then ${stock} else ${HIGHEST}::integer end
      order by l.stock desc limit ${many}) n
    order by 1 desc, 2 desc limit ${many}`;
}

/** Those a worker of before wrote: few, until they are read again. */
function stocksOfBefore(ids: RawBuilder<unknown>, { phase }: CandidatePosition): RawBuilder<unknown> {
  return sql`
    select 0, s.id from stock s join stock_component_before b on b.stock = s.digest
    where not s.layered and b.component = any(${ids}) and ${phase === 'live' ? sql`s.live` : sql`true`}`;
}

const isAfter = ({ layer, stock, digest, repository }: CandidatePosition) =>
  sql`(-f.layer, -f.stock, f.digest, f.repository) > (${-layer}::integer, ${-stock}::integer, ${digest}::text, ${repository}::text)`;

function runs(phase: Phase, environment: string | undefined): RawBuilder<unknown> {
  const placed = runsSomewhere('f', environment);
  return phase === 'live' ? placed : sql`not ${placed}`;
}

function candidatesOf(answer: Answer, phase: Phase, many: number): Candidates {
  const { pairs, last, layers, lowest } = answer;
  // Where layers, or stocks of them, were left out, nothing that comes after those is shown yet.
  const end =
    pairs === many && last !== null
      ? { ...before(phase, last.layer, last.stock - 1) }
      : layers === many && lowest !== null
        ? before(phase, lowest - 1, HIGHEST)
        : undefined;
  const rows = (answer.rows ?? []).filter(({ layer }) => end === undefined || layer > 0);
  const kept = rows.slice(0, many - 1);
  const row = kept.at(-1);
  return { rows: kept, next: rows.length === many && row !== undefined ? { phase, ...row } : end };
}
