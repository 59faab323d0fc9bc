/** What an exception of the policy let through, and runs in its environment or waits to. */
import { sql } from 'kysely';
import { type Finding, namesOf, type Undecided } from '../../domain/advisory/finding.ts';
import type { ReportedFinding } from '../../domain/advisory/report/scanner-report.ts';
import { type ArtifactKey, subjectOf } from '../../domain/artifact/subject.ts';
import { findEnvironment } from '../../domain/policy/environments.ts';
import { isExcepted, type PlacedException, UNDECIDED } from '../../domain/policy/gates/finding-exceptions.ts';
import { endInstant } from '../../domain/policy/instant.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { advisoryIdsOf } from './advisory-names.ts';
import { shownPurl } from './component-key.ts';
import type { Database } from './database.ts';
import { withHolders } from './nesting.ts';
import { openPlaces } from './open-places.ts';
import { standing } from './scanner-reports.ts';

export interface Place extends ArtifactKey {
  readonly live: boolean;
}

/** What it let through. */
export interface Counted {
  readonly advisory: string;
  readonly purl: string;
  readonly severity: string;
  readonly fixedIn: string | null;
}

interface Reached {
  readonly place: Place;
  readonly found: readonly Counted[];
}

/**
 * By what was found here, by what other scanners have where the policy asks for it, and by what the newest verdict says of itself:
 * that it rests on findings which end when the exception does, as those of an attested report.
 */
export async function reachedByException(db: Database, policy: Policy, exception: PlacedException): Promise<Reached[]> {
  if (exception.advisory === UNDECIDED) return everything(db, exception);
  const ids = [...new Set([exception.advisory, ...(await advisoryIdsOf(db, [exception.advisory]))])];
  const all = [
    ...(await withFinding(db, exception, ids)),
    ...(await withReport(db, policy, exception, ids)),
    ...(await resting(db, exception)),
  ];
  return [...Map.groupBy(all, ({ place }) => subjectOf(place)).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ place: first.place, found: same.flatMap(({ found }) => found) }];
  });
}

/** What could not be decided is not always a row: all of the environment looks again. */
async function everything(db: Database, { environment }: PlacedException): Promise<Reached[]> {
  const { rows } = await sql<Place>`
    select p.repository, p.digest, bool_or(p.state = 'live') as live from ${openPlaces} p
    where p.environment = ${environment} group by 1, 2 order by 1, 2`.execute(db);
  return rows.map((place) => ({ place, found: [] }));
}

async function withFinding(db: Database, exception: PlacedException, ids: readonly string[]): Promise<Reached[]> {
  const { rows } = await sql<Place & { purl: string; decided: boolean; body: Finding | Undecided }>`
    select distinct p.repository, p.digest, p.state = 'live' as live, ${shownPurl} as purl, f.decided, f.body
    from component_finding f join component c on c.id = f.component join layer_component m on m.component = f.component
      join stock_layer k on k.layer_set = m.layer_set join stock s on s.id = k.stock
      join artifact_contents x on x.stock = s.digest
      join ${openPlaces} p on p.digest = x.digest and p.environment = ${exception.environment}
    where f.advisory = any(${ids}::text[]) order by 1, 2, 4`.execute(db);
  const byPlace = Map.groupBy(rows, subjectOf);
  return [...byPlace.values()].flatMap((own) => {
    const found = own.flatMap(({ purl, decided, body }): Counted[] => {
      const names = decided ? namesOf(body as Finding) : [UNDECIDED, body.advisory ?? ''];
      if (!isExcepted(exception, names, purl)) return [];
      const { severity = 'undecided', fixedIn = null } = body as Partial<Finding>;
      return [{ advisory: body.advisory ?? UNDECIDED, purl, severity, fixedIn }];
    });
    const [first] = own;
    if (first === undefined || found.length === 0) return [];
    const place = { repository: first.repository, digest: first.digest, live: own.some(({ live }) => live) };
    return [{ place, found }];
  });
}

async function withReport(
  db: Database,
  policy: Policy,
  exception: PlacedException,
  ids: readonly string[],
): Promise<Reached[]> {
  const gates = findEnvironment(policy, exception.environment)?.gates ?? [];
  if (!gates.some((rule) => rule.gate === 'vulnerabilities' && rule.reports !== undefined)) return [];
  const { rows } = await sql<Place & { findings: ReportedFinding[] }>`
    select p.repository, p.digest, p.state = 'live' as live, r.findings
    from scanner_report r cross join unnest(${withHolders(sql`r.artifact`)}) as holder (digest)
      join ${openPlaces} p on p.digest = holder.digest and p.environment = ${exception.environment}
    where r.advisories && ${ids}::text[] and ${standing()} order by 1, 2, r.digest`.execute(db);
  return rows.flatMap(({ findings, ...place }) => {
    const found = findings
      .filter((one) => isExcepted(exception, one.ids, one.purl ?? ''))
      .map(({ ids: [advisory = ''], purl = '', severity, fixedIn: [fixedIn = null] }) => ({
        ...{ advisory, purl, severity, fixedIn },
      }));
    return found.length === 0 ? [] : [{ place, found }];
  });
}

/** By the newest verdict about the environment. */
async function resting(db: Database, { environment, expires }: PlacedException): Promise<Reached[]> {
  const { rows } = await sql<Place>`
    select p.repository, p.digest, bool_or(p.state = 'live') as live
    from ${openPlaces} p join lateral (
      select v.body ->> 'decisionsUntil' as until from verdict v
      where v.repository = p.repository and v.digest = p.digest and v.environment = p.environment
      order by v.evaluated_at desc, v.id desc limit 1) newest on newest.until = ${endInstant(expires) ?? expires}
    where p.environment = ${environment} group by 1, 2 order by 1, 2`.execute(db);
  return rows.map((place) => ({ place, found: [] }));
}
