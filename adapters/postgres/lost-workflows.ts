/** Workflows that were started and whose work is not done: whether they still run, Temporal knows. */
import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface StartedWorkflow {
  readonly id: string;
  readonly generation: number;
}

/** Whoever was just started may not be seen yet. */
const AGE_SECONDS = 600;

/**
 * Requests of quarantines that are not confirmed, of incidents that are not contained, and of promotions, rebuilds, rotations of
 * keys, reverifications and imports that are open.
 */
const undone = sql`
  select w.workflow_id, max(w.generation) as generation from incident_subject s
    join workflow_request w on w.workflow_id = 'quarantine/' || s.digest and w.input ->> 'incident' = s.incident
    where s.state in ('fenced', 'removing') group by w.workflow_id, s.incident
  union select w.workflow_id, max(w.generation) from incident i join workflow_request w on w.workflow_id = 'incident/' || i.id
    where i.state = 'open' group by w.workflow_id
  union select w.workflow_id, w.generation from promotion p
    join workflow_request w on w.workflow_id = 'promotion/' || p.environment || '/' || p.repository || '@' || p.digest
      and w.generation = p.generation
    where p.state in ('requested', 'waiting', 'reserved')
  union select w.workflow_id, w.generation from rebuild r
    join workflow_request w on w.workflow_id = 'rebuild/' || r.digest and w.input ->> 'rebuild' = r.id
    where r.state in ('requested', 'building')
  union select w.workflow_id, w.generation from key_rotation k join workflow_request w on w.workflow_id = 'key-rotation/' || k.id
    where k.state in ('requested', 'signing', 'overlap')
  union select w.workflow_id, w.generation from reverification v join workflow_request w on w.workflow_id = 'reverify/' || v.id
    where v.ended_at is null
  union select w.workflow_id, w.generation from import_run i join workflow_request w on w.workflow_id = 'import/' || i.id
    where i.state = 'started'`;

/** In the order of their ids, those after `after`. */
export async function undoneWorkflows(
  db: Database,
  after: StartedWorkflow | undefined,
  limit: number,
): Promise<StartedWorkflow[]> {
  const { rows } = await sql<StartedWorkflow>`
    select w.workflow_id as id, w.generation from (${undone}) u join workflow_request w using (workflow_id, generation)
    where w.state = 'started' and w.started_at < now() - make_interval(secs => ${AGE_SECONDS})
      and (w.workflow_id, w.generation) > (${after?.id ?? ''}, ${after?.generation ?? 0}::integer)
    order by w.workflow_id, w.generation limit ${limit}`.execute(db);
  return rows;
}

/** No run of it is there: started again, unless its work was done meanwhile. Returns whether it will be. */
export async function requestAgain(db: Database, { id, generation }: StartedWorkflow): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    update workflow_request w set state = 'pending', tried_at = null, requested_at = now()
    where w.workflow_id = ${id} and w.generation = ${generation} and w.state = 'started'
      and exists (select from (${undone}) u where u.workflow_id = w.workflow_id and u.generation = w.generation)`.execute(
    db,
  );
  return numAffectedRows > 0n;
}
