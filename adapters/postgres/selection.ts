/** Which digests a selector names, and how artifacts hang together: what `fenceClosure` needs, read set by set. */
import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type ArtifactShape, EMPTY_CONFIG, EMPTY_LAYER } from '../../domain/incident/fence.ts';
import type { Selector } from '../../domain/incident/selector.ts';
import { componentsMeant } from './components-named.ts';
import type { Executor } from './database.ts';

/** Neighbours of neighbours: an index of indexes of copies. Deeper nests do not occur in registries. */
const CLOSURE_ROUNDS = 6;

/** More than the versions of a package ever are. */
const MOST_VERSIONS = 1_000_000;

/** Digests the selector names directly, optionally only among `within`. */
export async function selectDigests(db: Executor, selector: Selector, within?: readonly string[]): Promise<Digest[]> {
  const only = (column: string) =>
    within === undefined ? sql`true` : sql`${sql.ref(column)} = any(${[...within]}::text[])`;
  switch (selector.kind) {
    case 'digest':
      return within === undefined || within.includes(selector.value) ? [selector.value as Digest] : [];
    case 'layer':
      return rows(
        sql`select distinct digest from artifact_layer where diff_id = ${selector.value} and ${only('digest')}`,
        db,
      );
    case 'component': {
      const meant = await componentsMeant(db, selector.value, MOST_VERSIONS);
      return rows(
        sql`with named as materialized (select unnest(${meant.map(({ id }) => id)}::bigint[]) as id),
            stocks as (
              select s.digest from named n join layer_component m on m.component = n.id
                join stock_layer l on l.layer_set = m.layer_set join stock s on s.id = l.stock
              union select b.stock from named n join stock_component_before b on b.component = n.id)
            select distinct a.platform_digest as digest from stocks s join artifact_contents a on a.stock = s.digest
            where ${only('a.platform_digest')}`,
        db,
      );
    }
    case 'signer':
    case 'builder':
    case 'host':
    case 'source':
    case 'commit':
      return rows(
        sql`select digest from artifact_fact where kind = ${selector.kind} and value = ${selector.value} and ${only('digest')}`,
        db,
      );
  }
}

async function rows(query: ReturnType<typeof sql>, db: Executor): Promise<Digest[]> {
  const result = await query.execute(db);
  return (result.rows as { digest: Digest }[]).map((row) => row.digest);
}

/** Every artifact that may belong to the closure of `seeds`, with its children, config and layers. */
export async function loadShapes(db: Executor, seeds: readonly Digest[], copies: boolean): Promise<ArtifactShape[]> {
  const known = new Set<Digest>(seeds);
  for (let round = 0, frontier = [...known]; frontier.length > 0 && round < CLOSURE_ROUNDS; round += 1) {
    const found = await neighboursOf(db, frontier, copies);
    frontier = found.filter((digest) => !known.has(digest));
    for (const digest of frontier) known.add(digest);
  }
  const all = [...known];
  const result = await sql<{
    digest: Digest;
    children: Digest[] | null;
    config: Digest | null;
    layers: Digest[] | null;
  }>`
    select d.digest,
      (select array_agg(child) from artifact_edge where parent = d.digest) as children,
      (select config_digest from artifact_content c where c.digest = d.digest) as config,
      (select array_agg(diff_id order by position) from artifact_layer l where l.digest = d.digest) as layers
    from unnest(${all}::text[]) as d(digest)`.execute(db);
  return result.rows.map((row) => ({
    digest: row.digest,
    children: row.children ?? [],
    ...(row.config === null ? {} : { config: row.config }),
    layers: row.layers ?? [],
  }));
}

/** Parents, children and, where asked for, copies: what shares the config, or all layers above the base. */
async function neighboursOf(db: Executor, digests: readonly Digest[], copies: boolean): Promise<Digest[]> {
  const edges = sql`
    select child as digest from artifact_edge where parent = any(${[...digests]}::text[])
    union select parent from artifact_edge where child = any(${[...digests]}::text[])`;
  return rows(copies ? sql`${edges} union ${copiesOf(digests)}` : edges, db);
}

/**
 * Candidates share the topmost layer of their own (an index away); they are copies where they share all of them. Sharing
 * one layer makes nobody a neighbour: with a base image the policy does not list, that would be the whole registry.
 */
function copiesOf(digests: readonly Digest[]) {
  const isOwn = (alias: string) =>
    sql`${sql.ref(`${alias}.diff_id`)} <> ${EMPTY_LAYER} and not exists (select 1 from base_layer b where b.diff_id = ${sql.ref(`${alias}.diff_id`)})`;
  return sql`
    select b.digest from artifact_content a join artifact_content b on b.config_digest = a.config_digest
      where a.digest = any(${[...digests]}::text[]) and a.config_digest <> ${EMPTY_CONFIG}
    union
    select c.digest from (
        select l.digest, array_agg(l.diff_id order by l.position) as own from artifact_layer l
        where l.digest = any(${[...digests]}::text[]) and ${isOwn('l')} group by l.digest) mine
      join artifact_layer c on c.diff_id = mine.own[cardinality(mine.own)]
      where mine.own = (
        select array_agg(o.diff_id order by o.position) from artifact_layer o where o.digest = c.digest and ${isOwn('o')})`;
}
