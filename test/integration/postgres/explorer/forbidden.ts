/** What must never be, whatever the order. */
import { sql } from 'kysely';
import type { Database } from '../../../../adapters/postgres/database.ts';

/** Rows that must not be; each query names what it looks for. */
const forbidden: Readonly<Record<string, string>> = {
  'reserved or live again between a fence and its release': `
    select e.subject, e.type from outbox e where e.type in ('promotion.reserved', 'promotion.live') and (
      select o.type from outbox o where o.subject = e.subject and o.sequence < e.sequence
        and o.type in ('artifact.fenced', 'artifact.released') order by o.sequence desc limit 1) = 'artifact.fenced'`,
  'a gap in the sequence of a subject': `
    select subject from outbox group by subject having max(sequence) <> count(*) or min(sequence) <> 1`,
  'a place that nobody claims': `
    select p.digest from placement p where p.state <> 'removed' and not exists (
      select 1 from placement_claim c where c.digest = p.digest and c.environment = p.environment and c.released_at is null)`,
  'a claim to a place that was given up': `
    select p.digest from placement p join placement_claim c on c.digest = p.digest and c.environment = p.environment
    where p.state = 'removed' and c.released_at is null`,
  'a claim of a promotion that neither holds nor is live': `
    select c.claim, p.state from placement_claim c join promotion p
      on c.claim = 'promotion/' || p.environment || '/' || p.repository || '@' || p.digest || '#' || p.generation
    where c.released_at is null and p.state not in ('reserved', 'live')`,
  'a live promotion of what is not fenced and not there': `
    select p.digest from promotion p where p.state = 'live' and p.generation = (
        select max(generation) from promotion q where q.digest = p.digest and q.environment = p.environment)
      and not exists (select 1 from placement l where l.digest = p.digest and l.environment = p.environment and l.state = 'live')
      and not exists (select 1 from incident_subject s where s.digest = p.digest)`,
  'a held digest whose fence is down': `
    select s.digest from incident_subject s join incident i on i.id = s.incident
    where s.state <> 'released' and i.state <> 'closed'
      and not exists (select 1 from artifact_fence f where f.digest = s.digest and f.state = 'fenced')`,
  'a fence that no incident holds up': `
    select f.digest from artifact_fence f where f.state = 'fenced' and not exists (
      select 1 from incident_subject s where s.digest = f.digest and s.incident = f.incident and s.state <> 'released')`,
  'a signed artifact that the incident on its signer missed': `
    select a.digest from artifact_fact a join incident i on i.selector ->> 'value' = a.value and i.selector ->> 'kind' = a.kind
    where i.state <> 'closed' and not exists (select 1 from incident_subject s where s.incident = i.id and s.digest = a.digest)`,
  'an index of a fenced child that is not fenced, nor excused': `
    select e.parent from artifact_edge e join incident_subject s on s.digest = e.child
      join incident i on i.id = s.incident and i.state <> 'closed'
    where s.relation <> 'parent' and s.state <> 'released'
      and not exists (select 1 from incident_subject p where p.incident = s.incident and p.digest = e.parent)`,
  'a copy of a suspected digest that is not fenced, nor excused': `
    select b.digest from incident i join artifact_layer a on i.selector ->> 'kind' = 'digest' and i.selector ->> 'value' = a.digest
      join artifact_layer b on b.diff_id = a.diff_id
    where i.state <> 'closed' and not exists (select 1 from incident_subject s where s.incident = i.id and s.digest = b.digest)
      and not exists (select 1 from incident_excusal x where x.incident = i.id and x.digest = a.digest)`,
  'a fenced digest without a quarantine': `
    select s.digest from incident_subject s where not exists (
      select 1 from workflow_request w where w.workflow_id = 'quarantine/' || s.digest)`,
  'a tag of the environment on what is not there': `
    select c.digest from channel c where not exists (
      select 1 from placement p where p.environment = c.environment and p.destination = c.destination and p.digest = c.digest and p.state = 'live')`,
  'live in prod without an approval of what was decided': `
    select p.digest from promotion p where p.environment = 'prod' and p.state = 'live' and not exists (
      select 1 from approval a where a.digest = p.digest and a.environment = 'prod' and a.verb = 'approve'
        and a.decision_digest in (select v.decision_digest from verdict v where v.digest = p.digest and v.environment = 'prod'
          and v.evaluated_at <= p.ended_at order by v.evaluated_at desc, v.id desc limit 1))`,
  'a tag on an older build than one that is live, without a rollback': `
    select c.digest from channel c join promotion p on p.environment = c.environment and p.tag = c.tag and p.state = 'live'
      join placement l on l.environment = p.environment and l.digest = p.digest and l.destination = c.destination and l.state = 'live'
    where p.build_order > c.build_order and not p.rollback and not exists (
      select 1 from promotion r where r.environment = c.environment and r.digest = c.digest and r.rollback and r.state = 'live')`,
  'two promotions of one artifact open at once': `
    select digest from promotion where state in ('requested', 'waiting', 'reserved') group by environment, repository, digest having count(*) > 1`,
  'two generations of one artifact open at once': `
    select digest from generation where state <> 'closed' group by repository, digest having count(*) > 1`,
  'released and still held, by an incident that let it out': `
    select s.digest from incident_subject s join incident_excusal x on x.incident = s.incident and x.digest = s.digest
    where s.state <> 'released'`,
  'kept out by nothing after its incident was closed': `
    select s.digest from incident_subject s join incident i on i.id = s.incident
    where i.state = 'closed' and s.state <> 'released' and not exists (select 1 from deny_entry d where d.digest = s.digest)`,
  'versions of a policy out of order': `
    select p.version from policy p join policy q on q.version > p.version and q.activated_at < p.activated_at`,
};

/** One statement, in the form that the pool prepares. */
const all = `select * from (${Object.entries(forbidden)
  .map(([what, query]) => `(select '${what}' as what, to_jsonb(q) as row from (${query}) q limit 1)`)
  .join(' union all ')}) as found`;

/** One line for each kind of row that is there and must not be. */
export async function violations(db: Database): Promise<string[]> {
  const { rows } = await sql.raw<{ what: string; row: unknown }>(all).execute(db);
  return rows.map(({ what, row }) => `${what}: ${JSON.stringify(row)}`);
}
