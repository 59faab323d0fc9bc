/** Incidents that open by themselves: a new finding on something that runs, of a kind the policy names. */
import { sql } from 'kysely';
import type { Severity } from '../../domain/advisory/finding.ts';
import { findingIncidents, type RunningFinding } from '../../domain/policy/finding-incidents.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { type Database, transact } from './database.ts';
import { advanceIncidentEpoch } from './epoch.ts';
import { openIncident } from './incident-desk.ts';

/** Incidents of one rescan: each takes something out of what runs. */
const MOST = 100;

interface Row {
  purl: string;
  advisory: string;
  severity: Severity | 'undecided';
  environments: string[];
}

/** Ids of those opened now; a version and an advisory open one once, and none where one on that version is open already. */
export async function openFindingIncidents(db: Database, policy: Policy, epoch: number): Promise<string[]> {
  if (policy.document.findingIncidents.length === 0) return [];
  const { rows } = await sql<Row>`
    select regexp_replace(c.purl, '[?#].*$', '') as purl, f.advisory, f.severity, array_agg(distinct p.environment) as environments
    from finding_change f join component c on c.id = f.component join layer_component m on m.component = f.component
      join stock_layer l on l.layer_set = m.layer_set join stock s on s.id = l.stock
      join artifact_stock x on x.stock = s.digest join placement p on p.digest = x.digest and p.state = 'live'
    where f.told_at is null and f.epoch <= ${epoch} and f.change = 'appeared' group by 1, 2, 3 order by 1, 2`.execute(
    db,
  );
  const opened: string[] = [];
  for (const finding of findingIncidents(policy, rows).slice(0, MOST)) {
    const id = await openOnce(db, finding);
    if (id !== undefined) opened.push(id);
  }
  return opened;
}

function openOnce(db: Database, { purl, advisory, severity }: RunningFinding): Promise<string | undefined> {
  return transact(db, async (trx) => {
    // Exclusively before it is looked: nobody opens another meanwhile.
    await advanceIncidentEpoch(trx);
    const { rows } = await sql`
      select 1 from finding_incident where purl = ${purl} and advisory = ${advisory}
      union all select 1 from incident where state <> 'closed' and selector = jsonb_build_object('kind', 'component', 'value', ${purl}::text)`.execute(
      trx,
    );
    if (rows.length > 0) return undefined;
    const reason = `${severity} ${advisory} in ${purl}, which runs`;
    const { id } = await openIncident(trx, { kind: 'component', value: purl }, reason, 'rescan');
    await trx.insertInto('finding_incident').values({ purl, advisory, incident: id }).execute();
    return id;
  });
}
