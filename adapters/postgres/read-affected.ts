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

/** Stocks are counted up to here; more are "at least". */
const COUNTED = 250;

export interface AffectedPage extends Page<AffectedArtifact> {
  /** On the first page only. */
  readonly artifacts: AffectedSummary['artifacts'] | undefined;
}

export interface AffectedFilter {
  /** Only what this environment has now. */
  readonly environment: string | undefined;
}

/** Where a page begins: after an artifact of a stock, among what runs or among the rest. */
type Position = readonly [phase: Phase, stock: string, digest: string, repository: string];
type Phase = 'live' | 'rest';

const firstOf = (phase: Phase): Position => [phase, '', '', ''];

/** Whether a cursor's four elements are a position of this list. */
export function isAffectedPosition(elements: readonly string[]): boolean {
  const [phase, stock = '-'] = elements;
  return (phase === 'live' || phase === 'rest') && /^\d{0,9}$/.test(stock);
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
  const position = (request.after as unknown as Position | undefined) ?? firstOf('live');
  const scope = await openScope(db, affected);
  const rows: Row[] = [];
  let next: Position | undefined = position;
  while (next !== undefined && rows.length < request.limit) {
    const part: Part = await readPart(db, scope, next, environment, request.limit - rows.length);
    rows.push(...part.rows);
    // A page may be short, of what was shown before: the caller asks on.
    if (part.next !== undefined && part.next[0] === next[0]) {
      next = part.next;
      break;
    }
    next = part.next;
  }
  return {
    items: await readAffectedArtifacts(db, affected, scope.sets, rows),
    next: next === undefined ? undefined : [...next],
    artifacts: request.after === undefined ? { count: scope.count, atLeast: scope.isMore } : undefined,
  };
}

/** Where the components are: layers, and the newest stocks that have any of those; `stocks` is all of them unless `isMore`. */
interface Scope {
  readonly sets: readonly number[];
  readonly stocks: readonly number[];
  readonly isMore: boolean;
  /** Artifacts that were asked about themselves, or whose children were. */
  readonly artifacts: readonly string[];
  readonly count: number;
}

/** One question to the database: each costs more to ask than to answer. */
async function openScope(db: Database, { components, digests }: Affected): Promise<Scope> {
  const ids = sql`${[...components.keys()]}::bigint[]`;
  const named = [...digests];
  const { rows } = await sql<{ sets: number[] | null; stocks: number[] | null; artifacts: string[] | null }>`
    with sets as materialized (select distinct layer_set as id from layer_component where component = any(${ids})),
      stocks as materialized (
        (select distinct n.stock as id from sets s cross join lateral (
            select l.stock from stock_layer l where l.layer_set = s.id order by l.stock desc limit ${COUNTED + 1}) n
          order by id desc limit ${COUNTED + 1})
        union ${stocksOfBefore(ids)})
    select (select array_agg(id) from sets) as sets, (select array_agg(id order by id desc) from stocks) as stocks,
      (select array_agg(digest) from (
        select a.digest from artifact a where a.digest = any(${named}::text[])
        union select e.parent from artifact_edge e where e.child = any(${named}::text[])) asked) as artifacts`.execute(
    db,
  );
  const { sets, stocks, artifacts } = rows[0] ?? {};
  return {
    sets: sets ?? [],
    stocks: stocks ?? [],
    isMore: (stocks?.length ?? 0) > COUNTED,
    artifacts: artifacts ?? [],
    count: (stocks?.length ?? 0) + (artifacts?.length ?? 0),
  };
}

/** Those a worker of before wrote: few, until they are read again. */
function stocksOfBefore(ids: ReturnType<typeof sql>) {
  return sql`
    select s.id from stock s join stock_component_before b on b.stock = s.digest
    where not s.layered and b.component = any(${ids})`;
}

/** Newest first, from `from` on. */
async function candidates(
  db: Database,
  { sets, stocks, isMore }: Scope,
  phase: Phase,
  from: number | undefined,
  limit: number,
): Promise<{ readonly stocks: readonly number[]; readonly goesOn: boolean }> {
  if (!isMore) return { stocks: stocks.filter((id) => from === undefined || id <= from), goesOn: false };
  const before = from === undefined ? sql`true` : sql`l.stock <= ${from}`;
  const inSets = sql`${[...sets]}::integer[]`;
  const query =
    phase === 'live'
      ? sql<{ stock: number }>`
          select distinct l.stock from stock_layer l join stock s on s.id = l.stock and s.live
          where l.layer_set = any(${inSets}) and ${before} order by 1 desc limit ${limit}`
      : sql<{ stock: number }>`
          select distinct n.stock from unnest(${inSets}) as s(id) cross join lateral (
            select l.stock from stock_layer l where l.layer_set = s.id and ${before} order by l.stock desc limit ${limit}) n
          order by n.stock desc limit ${limit}`;
  const { rows } = await query.execute(db);
  return { stocks: rows.map(({ stock }) => stock), goesOn: rows.length === limit };
}

interface Part {
  readonly rows: Row[];
  /** In this phase, or the beginning of the next; undefined at the end of all. */
  readonly next: Position | undefined;
}

/** Of one phase, newest stock first; an artifact is shown once, with the newest of its stocks that is meant. */
async function readPart(
  db: Database,
  scope: Scope,
  [phase, stock, digest, repository]: Position,
  environment: string | undefined,
  limit: number,
): Promise<Part> {
  const from = stock === '' ? undefined : Number(stock);
  const found = await candidates(db, scope, phase, from, limit + 2);
  const isAfter =
    from === undefined
      ? sql`true`
      : sql`(-f.stock, f.digest, f.repository) > (${-from}::integer, ${digest}::text, ${repository}::text)`;
  // A scalar: asked for each row of the page, where "not exists" would read every layer first.
  const isNewest = scope.isMore
    ? sql`(select max(t.id) from artifact_stock y join stock t on t.digest = y.stock join stock_layer m on m.stock = t.id
            where y.digest = x.digest and t.id > s.id and m.layer_set = any(${[...scope.sets]}::integer[])) is null`
    : sql`true`;
  const here = environment === undefined ? sql`true` : sql`p.environment = ${environment}`;
  const runs = sql`exists (select from placement p where p.digest = f.digest and p.state = 'live' and ${here})`;
  // What was asked about itself comes after the last stock.
  const asked = found.goesOn ? [] : scope.artifacts;
  const { rows } = await sql<Row>`
    select f.repository, f.digest, f.stock from (
      select a.repository, a.digest, max(s.id) as stock
      from stock s join artifact_stock x on x.stock = s.digest join artifact a on a.digest = x.digest
      where s.id = any(${[...found.stocks]}::integer[]) and ${isNewest} group by 1, 2
      union all
      select a.repository, a.digest, 0 from artifact a where a.digest = any(${[...asked]}::text[])
        and not exists (select from artifact_stock x join stock s on s.digest = x.stock
          where x.digest = a.digest and s.id = any(${[...scope.stocks]}::integer[]))) f
    where ${isAfter} and ${phase === 'live' ? runs : sql`not ${runs}`}
    order by f.stock desc, f.digest, f.repository limit ${limit + 1}`.execute(db);
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  if (rows.length > limit && last !== undefined)
    return { rows: kept, next: [phase, String(last.stock), last.digest, last.repository] };
  if (found.goesOn) return { rows: kept, next: [phase, String((found.stocks.at(-1) ?? 1) - 1), '', ''] };
  const isLast = phase === 'rest' || environment !== undefined;
  return { rows: kept, next: isLast ? undefined : firstOf('rest') };
}
