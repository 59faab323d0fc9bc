/** Incidents that open by themselves: a new finding on something that runs, of a kind the policy names. */
import { sql } from 'kysely';
import type { Severity } from '../../domain/advisory/finding.ts';
import { findingIncidents, type RunningFinding, worstFirst } from '../../domain/policy/finding-incidents.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { type Database, type Executor, transact } from './database.ts';
import { advanceIncidentEpoch } from './epoch.ts';
import { countsIn } from './finding-counts.ts';
import { openIncident } from './incident-desk.ts';
import { requestRescan } from './workflow-request.ts';

/** Incidents of one rescan, worst first: each takes something out of what runs. The next rescan, asked for at once, opens more. */
const MOST = 100;

/** Of the finding `f`, by whichever of its names. https://github.com/ossf/malicious-packages: the only records with this prefix. */
const isMalicious = sql`bool_or(f.advisory like 'MAL-%' or exists (
  select from component_finding named cross join lateral jsonb_array_elements_text(named.body -> 'aliases') alias
  where named.component = f.component and named.advisory = f.advisory and alias like 'MAL-%'))`;

/** What a rescan found to be new, or newly attacked, on something that runs; nobody was told yet. */
export async function newRunningFindings(db: Database, epoch: number): Promise<RunningFinding[]> {
  const { rows } = await sql<RunningFinding & { severity: Severity | 'undecided' }>`
    select regexp_replace(c.purl, '[?#].*$', '') as purl, f.advisory, f.severity, f.change in ('appeared', 'worsened') as "isNew",
      bool_or(f.change = 'exploited' or exists (
        select from component_finding b cross join lateral (
            select b.advisory as name union select jsonb_array_elements_text(b.body -> 'aliases')
            union select jsonb_array_elements_text(coalesce(b.body -> 'upstream', '[]'))) n
          join known_exploited k on k.cve = n.name
        where b.component = f.component and b.advisory = f.advisory)) as "isExploited",
      ${isMalicious} as "isMalicious", array_agg(distinct p.environment) as environments
    from finding_change f join component c on c.id = f.component join layer_component m on m.component = f.component
      join stock_layer l on l.layer_set = m.layer_set join stock s on s.id = l.stock
      join artifact_contents x on x.stock = s.digest join placement p on p.digest = x.digest and p.state = 'live'
    where f.told_at is null and f.epoch <= ${epoch} and f.change in ('appeared', 'worsened', 'exploited')
    group by 1, 2, 3, 4 order by 1, 2`.execute(db);
  return rows;
}

/**
 * Opens incidents, {@link MOST} at most, the worst first; what is left is kept, and a rescan asked for that goes on with it. Ids
 * of those opened now; a version and an advisory open one once, and none where one on that version is open already, nor where a
 * decision takes the finding out of the count wherever it runs.
 */
export async function openFindingIncidents(
  db: Database,
  policy: Policy,
  found: readonly RunningFinding[],
): Promise<string[]> {
  if (policy.document.findingIncidents.length === 0) return [];
  const before = await readDue(db);
  const due = await dueFindings(db);
  const meant = worstFirst(findingIncidents(policy, [...found, ...due]));
  const opened: string[] = [];
  let looked = 0;
  for (; looked < meant.length && opened.length < MOST; looked += 1) {
    const finding = meant[looked] as RunningFinding;
    const counted = { ...finding, environments: await countsIn(db, policy, finding) };
    if (findingIncidents(policy, [counted]).length === 0) continue;
    const id = await openOnce(db, counted);
    if (id !== undefined) opened.push(id);
  }
  await keepDue(db, before, meant.slice(looked));
  return opened;
}

/** What an earlier rescan left, where it runs now, by the name it has now; what is gone meanwhile is none. */
async function dueFindings(db: Database): Promise<RunningFinding[]> {
  const { rows } = await sql<RunningFinding>`
    select d.purl, f.advisory, d.severity, d.is_new as "isNew", d.is_exploited as "isExploited",
      ${isMalicious} as "isMalicious", array_agg(distinct p.environment) as environments
    from finding_incident_due d join component c on regexp_replace(c.purl, '[?#].*$', '') = d.purl
      join component_finding f on f.component = c.id and (f.advisory = d.advisory or f.body -> 'aliases' ? d.advisory)
      join layer_component m on m.component = c.id join stock_layer l on l.layer_set = m.layer_set
      join stock s on s.id = l.stock join artifact_contents x on x.stock = s.digest
      join placement p on p.digest = x.digest and p.state = 'live'
    group by 1, 2, 3, 4, 5 order by 1, 2`.execute(db);
  return rows;
}

type DueKey = Pick<RunningFinding, 'purl' | 'advisory' | 'severity' | 'isNew' | 'isExploited'>;

async function readDue(db: Database): Promise<DueKey[]> {
  const { rows } = await sql<DueKey>`
    select purl, advisory, severity, is_new as "isNew", is_exploited as "isExploited" from finding_incident_due`.execute(
    db,
  );
  return rows;
}

/** In place of what was due `before`, and is as it was: what another rescan left meanwhile stays. */
async function keepDue(db: Database, before: readonly DueKey[], left: readonly RunningFinding[]): Promise<void> {
  const stays = new Set(left.map(({ purl, advisory }) => `${purl} ${advisory}`));
  const gone = before.filter(({ purl, advisory }) => !stays.has(`${purl} ${advisory}`));
  const rowsOf = (found: readonly DueKey[]) => sql`jsonb_to_recordset(${JSON.stringify(found)}::jsonb)
    as r(purl text, advisory text, severity text, "isNew" boolean, "isExploited" boolean)`;
  await transact(db, async (trx) => {
    // One after the other: two that write the same rows do not wait for each other in a circle.
    await sql`select pg_advisory_xact_lock(hashtext('pratique due incidents'))`.execute(trx);
    await sql`
      delete from finding_incident_due d using ${rowsOf(gone)} where (d.purl, d.advisory, d.severity, d.is_new, d.is_exploited)
        = (r.purl, r.advisory, r.severity, r."isNew", r."isExploited")`.execute(trx);
    if (left.length === 0) return;
    await sql`
      insert into finding_incident_due as d (purl, advisory, severity, is_new, is_exploited)
      select distinct on (purl, advisory) purl, advisory, severity, "isNew", "isExploited" from ${rowsOf(left)}
      order by purl, advisory, "isNew" desc
      on conflict (purl, advisory) do update set severity = excluded.severity, is_new = d.is_new or excluded.is_new,
        is_exploited = d.is_exploited or excluded.is_exploited`.execute(trx);
    await requestRescan(trx);
  });
}

function openOnce(
  db: Database,
  { purl, advisory, severity, isExploited, isMalicious: malicious }: RunningFinding,
): Promise<string | undefined> {
  return transact(db, async (trx) => {
    // Exclusively before it is looked: nobody opens another meanwhile.
    await advanceIncidentEpoch(trx);
    const names = await namesOf(trx, purl, advisory);
    const reports = names.filter((name) => name.startsWith('MAL-'));
    const [report] = malicious ? reports : [];
    const opened = report ?? advisory;
    const { rows } = await sql`
      select 1 from finding_incident where purl = ${purl} and advisory = any(${report === undefined ? names : reports}::text[])
      union all select 1 from incident where state <> 'closed' and selector = jsonb_build_object('kind', 'component', 'value', ${purl}::text)`.execute(
      trx,
    );
    if (rows.length > 0) return undefined;
    const also = opened === advisory ? '' : ` (${opened}, malicious)`;
    const reason = `${severity} ${advisory}${also}${isExploited ? ', known to be exploited,' : ''} in ${purl}, which runs`;
    const { id } = await openIncident(trx, { kind: 'component', value: purl }, reason, 'rescan');
    await trx.insertInto('finding_incident').values({ purl, advisory: opened, incident: id }).execute();
    return id;
  });
}

/**
 * Every name of a finding, in order. One opens an incident once, whichever of its records speaks for it; what is malicious opens
 * one of its own under the name of a report, whatever was opened before for how grave it is.
 */
async function namesOf(trx: Executor, purl: string, advisory: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select n.name from component c join component_finding f on f.component = c.id
      cross join lateral (select f.advisory as name union all select jsonb_array_elements_text(f.body -> 'aliases')) n
    where regexp_replace(c.purl, '[?#].*$', '') = ${purl} and f.advisory = ${advisory}
    union select ${advisory} order by 1`.execute(trx);
  return rows.map(({ name }) => name);
}
