/**
 * The artifacts that have some of these components, a page at a time: first what runs somewhere, then what was pushed last.
 * Nothing here grows with the portfolio but the lists of layers: a page reads as many stocks as it shows.
 */
import { sql } from 'kysely';
import type { AffectedArtifact, AffectedSummary } from '../../domain/affected/affected-report.ts';
import type { Database } from './database.ts';
import type { Affected } from './find-affected.ts';
import { readAffectedArtifacts } from './read-affected-artifacts.ts';
import type { Page, PageRequest } from './read-page.ts';

/** Artifacts are counted up to here; more are "at least". */
const COUNTED = 1000;

export interface AffectedPage extends Page<AffectedArtifact> {
  /** On the first page only. */
  readonly artifacts: AffectedSummary['artifacts'] | undefined;
}

export interface AffectedFilter {
  /** Only what this environment has now. */
  readonly environment: string | undefined;
}

/** `live` pages begin after an artifact, `rest` pages after a stock and an artifact of it. */
type Position =
  | readonly ['live', digest: string, repository: string, unused: '']
  | readonly ['rest', stock: string, digest: string, repository: string];
type Rest = Extract<Position, readonly ['rest', ...unknown[]]>;

const FIRST_OF_REST: Rest = ['rest', '', '', ''];

/** Whether a cursor's four elements are a position of this list. */
export function isAffectedPosition(elements: readonly string[]): boolean {
  const [kind, first = '', , last] = elements;
  return (kind === 'live' && last === '') || (kind === 'rest' && /^\d{0,9}$/.test(first));
}

interface Row {
  repository: string;
  digest: string;
  stock: number;
}

/** Owners are left to the caller, who has the policy. */
export async function readAffected(
  db: Database,
  affected: Affected,
  { environment }: AffectedFilter,
  request: PageRequest,
): Promise<AffectedPage> {
  const position = request.after as unknown as Position | undefined;
  const scope = await openScope(db, affected, position === undefined);
  const artifacts = position === undefined ? { count: scope.count, atLeast: scope.isMore } : undefined;
  const live = position?.[0] === 'rest' ? [] : await readLive(db, scope, environment, position, request.limit + 1);
  const rows = live.slice(0, request.limit);
  let next = live.length > request.limit ? livePosition(rows.at(-1)) : undefined;
  if (next === undefined && environment === undefined) {
    const after = position?.[0] === 'rest' ? position : FIRST_OF_REST;
    const rest = await readRest(db, scope, after, request.limit - rows.length);
    rows.push(...rest.rows);
    next = rest.next;
  }
  return {
    items: await readAffectedArtifacts(db, affected, scope.sets, rows),
    next: next === undefined ? undefined : [...next],
    artifacts,
  };
}

const livePosition = (row: Row | undefined): Position => ['live', row?.digest ?? '', row?.repository ?? '', ''];

/** Where the components are: layers, and the newest stocks that have any of those; `stocks` is all of them unless `isMore`. */
interface Scope {
  readonly sets: readonly number[];
  readonly stocks: readonly number[];
  readonly isMore: boolean;
  readonly digests: readonly string[];
  /** Artifacts of those stocks and digests; on the first page only. */
  readonly count: number;
}

/** One question to the database: each costs more to ask than to answer. */
async function openScope(db: Database, { components, digests }: Affected, isFirst: boolean): Promise<Scope> {
  const ids = sql`${[...components.keys()]}::bigint[]`;
  const named = [...digests].sort();
  const { rows } = await sql<{ sets: number[] | null; stocks: number[] | null; count: number | null }>`
    with sets as materialized (select distinct layer_set as id from layer_component where component = any(${ids})),
      stocks as materialized (
        (select distinct n.stock as id from sets s cross join lateral (
            select l.stock from stock_layer l where l.layer_set = s.id order by l.stock desc limit ${COUNTED + 1}) n
          order by id desc limit ${COUNTED + 1})
        union ${stocksOfBefore(ids)})
    select (select array_agg(id) from sets) as sets, (select array_agg(id order by id desc) from stocks) as stocks,
      case when ${isFirst}::boolean then (select count(*)::int from (
        select x.digest from stocks t join stock s on s.id = t.id join artifact_stock x on x.stock = s.digest
        union ${artifactsOf(named)}) found) end as count`.execute(db);
  const { sets, stocks, count } = rows[0] ?? {};
  return {
    sets: sets ?? [],
    stocks: stocks ?? [],
    isMore: (stocks?.length ?? 0) > COUNTED,
    digests: named,
    count: count ?? 0,
  };
}

/** Those a worker of before wrote: few, until they are read again. */
function stocksOfBefore(ids: ReturnType<typeof sql>) {
  return sql`
    select s.id from stock s join stock_component_before b on b.stock = s.digest
    where not s.layered and b.component = any(${ids})`;
}

/** Newest first; of each layer no more than are asked for. */
async function newestStocks(
  db: Database,
  sets: readonly number[],
  notAfter: number | undefined,
  limit: number,
): Promise<number[]> {
  if (sets.length === 0) return [];
  const before = notAfter === undefined ? sql`true` : sql`l.stock <= ${notAfter}`;
  const { rows } = await sql<{ stock: number }>`
    select distinct n.stock from unnest(${[...sets]}::integer[]) as s(id) cross join lateral (
      select l.stock from stock_layer l where l.layer_set = s.id and ${before} order by l.stock desc limit ${limit}) n
    order by n.stock desc limit ${limit}`.execute(db);
  return rows.map(({ stock }) => stock);
}

/** Artifacts that are one of these digests, or have one as a child. */
function artifactsOf(digests: readonly string[]) {
  return sql`
    select a.digest from artifact a where a.digest = any(${[...digests]}::text[])
    union select e.parent from artifact_edge e where e.child = any(${[...digests]}::text[])`;
}

/** By digest. Where there are few stocks, from them; else along what is live, which is then mostly affected. */
async function readLive(
  db: Database,
  { sets, stocks, isMore, digests }: Scope,
  environment: string | undefined,
  after: Extract<Position, readonly ['live', ...unknown[]]> | undefined,
  limit: number,
): Promise<Row[]> {
  const [, digest = '', repository = ''] = after ?? [];
  const here = environment === undefined ? sql`true` : sql`p.environment = ${environment}`;
  const has = isMore
    ? sql`exists (select from artifact_stock x join stock s on s.digest = x.stock join stock_layer l on l.stock = s.id
            where x.digest = p.digest and l.layer_set = any(${[...sets]}::integer[]))`
    : sql`p.digest in (
            select x.digest from stock s join artifact_stock x on x.stock = s.digest where s.id = any(${[...stocks]}::integer[])
            union ${artifactsOf(digests)})`;
  const { rows } = await sql<Row>`
    select a.repository, a.digest, 0 as stock from (
      select distinct p.digest from placement p
      where p.state = 'live' and p.digest >= ${digest} and ${here} and ${has}
      order by p.digest limit ${limit}) p
    join artifact a on a.digest = p.digest
    where (a.digest, a.repository) > (${digest}, ${repository})
    order by a.digest, a.repository limit ${limit}`.execute(db);
  return rows;
}

/** What runs nowhere, newest stock first; an artifact is shown once, with the newest of its stocks that is meant. */
async function readRest(
  db: Database,
  { sets, stocks, isMore, digests }: Scope,
  [, stock, digest, repository]: Rest,
  limit: number,
): Promise<{ rows: Row[]; next: Rest | undefined }> {
  if (limit === 0) return { rows: [], next: FIRST_OF_REST };
  const from = stock === '' ? undefined : Number(stock);
  const most = limit + 2;
  const candidates = isMore
    ? await newestStocks(db, sets, from, most)
    : stocks.filter((id) => from === undefined || id <= from);
  const goesOn = isMore && candidates.length === most;
  const isAfter =
    from === undefined
      ? sql`true`
      : sql`(-f.stock, f.digest, f.repository) > (${-from}::integer, ${digest}::text, ${repository}::text)`;
  const isNewest = isMore
    ? sql`not exists (select from artifact_stock y join stock t on t.digest = y.stock join stock_layer m on m.stock = t.id
            where y.digest = x.digest and t.id > s.id and m.layer_set = any(${[...sets]}::integer[]))`
    : sql`true`;
  const { rows } = await sql<Row>`
    select f.repository, f.digest, f.stock from (
      select a.repository, a.digest, max(s.id) as stock
      from stock s join artifact_stock x on x.stock = s.digest join artifact a on a.digest = x.digest
      where s.id = any(${[...candidates]}::integer[]) and ${isNewest} group by 1, 2
      union
      select a.repository, a.digest, 0 from (${artifactsOf(goesOn ? [] : digests)}) d join artifact a on a.digest = d.digest) f
    where ${isAfter} and not exists (select from placement p where p.digest = f.digest and p.state = 'live')
    order by f.stock desc, f.digest, f.repository limit ${limit + 1}`.execute(db);
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  if (rows.length > limit && last !== undefined)
    return { rows: kept, next: ['rest', String(last.stock), last.digest, last.repository] };
  // A page may be short: what it would have shown runs somewhere, and was shown before.
  const lowest = candidates.at(-1) ?? 0;
  return { rows: kept, next: goesOn ? ['rest', String(lowest - 1), '', ''] : undefined };
}
