/** The scan of a stock, put together from what is known of its components: nothing is kept of it but when it was made. */
import { sql } from 'kysely';
import { createCoverage } from '../../domain/advisory/coverage.ts';
import { createDependencyPaths } from '../../domain/advisory/dependency-paths.ts';
import { type Finding, type ScanResult, severityRank, type Undecided } from '../../domain/advisory/finding.ts';
import { createStandings, leftComponents } from '../../domain/advisory/left-to-distribution.ts';
import { findReach } from '../../domain/advisory/reach.ts';
import { addThreats } from '../../domain/advisory/threat.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Component, Stock } from '../../domain/sbom/component.ts';
import type { Database } from './database.ts';
import { readCoverage } from './read-coverage.ts';
import { createPostgresThreats } from './threats.ts';

export interface StockScan {
  readonly result: ScanResult;
  /** RFC 3339: when it was last found to be so. */
  readonly at: string;
}

interface StateRow {
  layered: boolean;
  scanned_at: Date | null;
  rescanned_at: Date | null;
  unmatched: boolean;
  records: number;
  digest: string;
  newest: string | null;
  /** Distributions that some of it was left to when it was matched. */
  left_to: string[];
}

/** Undefined where a component of it was never matched. `readStock` gives the document. */
export async function readStockScan(
  db: Database,
  digest: Digest,
  readStock: () => Promise<Stock>,
): Promise<StockScan | undefined> {
  const state = await readState(db, digest);
  const at = latest(state?.scanned_at, state?.rescanned_at);
  if (state === undefined || !state.layered || state.unmatched || at === undefined) return undefined;
  const { rows } = await sql<{ decided: boolean; body: Finding | Undecided }>`
    select distinct c.purl, f.position, f.decided, f.body from stock s join stock_layer l on l.stock = s.id
      join layer_component m on m.layer_set = l.layer_set join component_finding f on f.component = m.component
      join component c on c.id = f.component
    where s.digest = ${digest} order by c.purl, f.position`.execute(db);
  const { components } = await readStock();
  const left = leftComponents(components, state.left_to, createStandings(components));
  const findings = placeFindings(
    rows.filter(({ decided }) => decided).map(({ body }) => body as Finding),
    components,
  );
  const told = await addThreats(findings, createPostgresThreats(db));
  const undecided = rows.filter(({ decided }) => !decided).map(({ body }) => body as Undecided);
  return {
    result: {
      findings: told.sort(byWeight),
      undecided: [...undecided, ...uncovered(components, await readCoverage(db))],
      ...(left.length === 0 ? {} : { left }),
      database: { records: state.records, digest: state.digest, newest: state.newest ?? undefined },
    },
    at: at.toISOString(),
  };
}

/** What is known of a version wherever it is, and what is only of this stock: where it lies, what brings it, who holds its fix back. */
function placeFindings(bodies: readonly Finding[], components: readonly Component[]): Finding[] {
  const byPurl = new Map(components.map((component) => [component.purl, component]));
  const paths = createDependencyPaths(components);
  return bodies.map((body) => {
    const component = byPurl.get(body.purl);
    if (component === undefined) return { ...body, locations: [] };
    const path = paths.pathTo(component);
    const reach = body.fixedIn === undefined ? undefined : findReach(component, body.fixedIn, paths);
    return {
      ...body,
      locations: component.locations,
      ...(path === undefined ? {} : { path }),
      ...(reach === undefined ? {} : { reach }),
    };
  });
}

/** A stock that was scanned is as fresh as the rescan that ended last: it looked at all of them. */
function latest(scanned: Date | null | undefined, rescanned: Date | null | undefined): Date | undefined {
  if (!scanned) return undefined;
  return rescanned && rescanned > scanned ? rescanned : scanned;
}

async function readState(db: Database, digest: Digest): Promise<StateRow | undefined> {
  const { rows } = await sql<StateRow>`
    select s.layered, s.scanned_at, r.ended_at as rescanned_at, a.records, a.digest, a.newest,
      exists (select from stock_layer l join layer_component m on m.layer_set = l.layer_set
        join component c on c.id = m.component where l.stock = s.id and c.matched_epoch is null) as unmatched,
      array(select distinct c.left_to from stock_layer l join layer_component m on m.layer_set = l.layer_set
        join component c on c.id = m.component where l.stock = s.id and c.is_left) as left_to
    from stock s, advisory_state a, rescan_state r where s.digest = ${digest}`.execute(db);
  return rows[0];
}

/** As a whole scan says it: nothing is known of what there are no advisories of. */
function uncovered(components: readonly Component[], coverage: Parameters<typeof createCoverage>[0]): Undecided[] {
  const gapOf = createCoverage(coverage);
  return components.flatMap((component) => {
    const reason = gapOf(component)?.reason;
    return reason === undefined ? [] : [{ purl: component.purl, reason }];
  });
}

function byWeight(a: Finding, b: Finding): number {
  if (a.severity !== b.severity) return severityRank(b.severity) - severityRank(a.severity);
  if (a.purl !== b.purl) return a.purl < b.purl ? -1 : 1;
  return a.advisory < b.advisory ? -1 : a.advisory > b.advisory ? 1 : 0;
}
