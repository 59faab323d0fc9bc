/** What is in each environment, and what its gates say of it now, whatever the mode: what would be denied under `enforce`. */
import { type RawBuilder, sql } from 'kysely';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { Database } from './database.ts';
import { isAdmitted } from './grandfathered.ts';
import { withHolders } from './nesting.ts';
import { type Page, type PageRequest, pageOf } from './read-page.ts';

/** `unjudged`: there is no verdict, and without one nothing would enter. */
export type ReportedOutcome = 'pass' | 'fail' | 'unknown' | 'unjudged';

export interface ReportedArtifact {
  environment: string;
  /** Where it lies. */
  destination: string;
  /** The artifact it is judged as; empty where nothing says how it came there. */
  repository: string;
  digest: string;
  outcome: ReportedOutcome;
  wouldBeDenied: boolean;
  /** Whether a promotion let it in. */
  admitted: boolean;
  fenced: boolean;
  /** Those that do not pass. */
  gates: { gate: string; verdict: string; reason: string }[];
  judgedAt: string | null;
  grandfathered: { until: string; ended: boolean; reason: string; source: string; place: string; by: string } | null;
}

export interface ReportedEnvironment {
  environment: string;
  artifacts: number;
  wouldBeDenied: number;
  /** Of those that would be denied: may stay until their date. */
  grandfathered: number;
  /** Of those that would be denied: their date is over. */
  ended: number;
}

interface Row {
  environment: string;
  destination: string;
  digest: string;
  repository: string | null;
  body: Verdict | null;
  evaluated_at: Date | null;
  admitted: boolean;
  fenced: boolean;
  until: Date | null;
  over: boolean | null;
  reason: string | null;
  source_kind: string | null;
  place: string | null;
  made_by: string | null;
}

/** The part of an index is judged with it: where it has no verdict of its own, that of the index counts. */
const VERDICT = sql`
  left join lateral (
    select v.body, v.evaluated_at from verdict v where v.environment = p.environment and v.repository = a.repository
      and v.digest = any(${withHolders(sql.ref('p.digest'))})
    order by (v.digest = p.digest) desc, v.evaluated_at desc, v.id desc limit 1) v on true`;

const IMPORTED = sql`
  left join lateral (
    select g.repository, g.until, g.until <= clock_timestamp() as over, g.reason, g.source_kind, g.place, g.made_by
    from grandfathering g where g.environment = p.environment and g.destination = p.destination and g.digest = p.digest
    order by g.made_at desc limit 1) g on true`;

const ARTIFACT = sql`
  left join lateral (
    select coalesce(g.repository, (select q.repository from promotion q where q.environment = p.environment
      and q.digest = p.digest and q.state = 'live' order by q.generation desc, q.repository limit 1)) as repository) a on true`;

const inForce = (environments: readonly string[]): RawBuilder<boolean> =>
  sql<boolean>`p.state = 'live' and p.environment = any(${[...environments]}::text[])`;

const DENIED = sql<boolean>`(v.body is null or v.body->>'outcome' <> 'pass')`;

/** Every one of `environments`, also those with nothing in them. */
export async function readPolicyReportCounts(
  db: Database,
  environments: readonly string[],
): Promise<ReportedEnvironment[]> {
  const { rows } = await sql<ReportedEnvironment>`
    select e.name as environment, count(p.digest)::int as artifacts,
      (count(p.digest) filter (where p.denied))::int as "wouldBeDenied",
      (count(p.digest) filter (where p.denied and not p.admitted and p.over = false))::int as grandfathered,
      (count(p.digest) filter (where p.denied and not p.admitted and p.over))::int as ended
    from unnest(${[...environments]}::text[]) with ordinality as e(name, n) left join (
      select p.environment, p.digest, ${DENIED} as denied, g.over, ${isAdmitted('p')} as admitted
      from placement p ${IMPORTED} ${ARTIFACT} ${VERDICT} where ${inForce(environments)}) p on p.environment = e.name
    group by e.name, e.n order by e.n`.execute(db);
  return rows;
}

/** Sorted by environment, repository and digest. */
export async function readPolicyReport(
  db: Database,
  filter: { readonly environments: readonly string[]; readonly isAll: boolean },
  request: PageRequest,
): Promise<Page<ReportedArtifact>> {
  const [environment = '', destination = '', digest = ''] = request.after ?? [];
  const { rows } = await sql<Row>`
    select p.environment, p.destination, p.digest, a.repository, v.body, v.evaluated_at, ${isAdmitted('p')} as admitted,
      exists (select from artifact_fence f where f.digest = p.digest and f.state = 'fenced') as fenced,
      g.until, g.over, g.reason, g.source_kind, g.place, g.made_by
    from placement p ${IMPORTED} ${ARTIFACT} ${VERDICT}
    where ${inForce(filter.environments)} and (${filter.isAll} or ${DENIED})
      and (p.environment, p.destination, p.digest) > (${environment}, ${destination}, ${digest})
    order by p.environment, p.destination, p.digest limit ${request.limit + 1}`.execute(db);
  return pageOf(rows, request, (row) => [row.environment, row.destination, row.digest], toReported);
}

function toReported(row: Row): ReportedArtifact {
  const outcome: ReportedOutcome = row.body?.outcome ?? 'unjudged';
  const gates = (row.body?.gates ?? []).filter(({ verdict }) => verdict !== 'pass');
  return {
    ...{ environment: row.environment, destination: row.destination, repository: row.repository ?? '' },
    ...{ digest: row.digest, outcome, wouldBeDenied: outcome !== 'pass', admitted: row.admitted, fenced: row.fenced },
    gates: gates.map(({ gate, verdict, reason }) => ({ gate, verdict, reason })),
    judgedAt: row.evaluated_at?.toISOString() ?? null,
    grandfathered: row.until === null || row.admitted ? null : grandfatheredOf(row, row.until),
  };
}

function grandfatheredOf(row: Row, until: Date): ReportedArtifact['grandfathered'] {
  return {
    ...{ until: until.toISOString(), ended: row.over === true, reason: row.reason ?? '' },
    ...{ source: row.source_kind ?? '', place: row.place ?? '', by: row.made_by ?? '' },
  };
}
