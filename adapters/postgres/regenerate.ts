import { sql } from 'kysely';
import { type ArtifactKey, workflowIds } from '../../domain/artifact/subject.ts';
import { type Database, transact } from './database.ts';
import { openGeneration } from './intake-ledger.ts';
import { requestWake } from './workflow-request.ts';

/**
 * A new policy: everything that is live, or waits to be, is judged again. Generations are opened here
 * and started by the sweeper, which paces them. `missed`: only what nothing was opened for since the policy in force came, because
 * whoever put it there died; nothing otherwise.
 */
export async function openNewGenerations(db: Database, cause: 'policy', of: 'all' | 'missed' = 'all'): Promise<number> {
  const result = await sql<ArtifactKey & { waits: readonly string[] | null }>`
    select repository, digest, array_agg(waits order by waits) filter (where waits is not null) as waits from (
      select distinct p.repository, p.digest, case when p.state = 'live' then null else p.environment end as waits
      from promotion p
      where p.state in ('requested', 'waiting', 'reserved')
         or (p.state = 'live' and exists (select 1 from placement l where l.digest = p.digest and l.environment = p.environment and l.state = 'live'))
      union
      select g.repository, g.digest, null from grandfathering g join placement l on l.environment = g.environment
        and l.destination = g.destination and l.digest = g.digest and l.state = 'live') as reached
    where ${of} = 'all' or not exists (
      select from generation g where g.repository = reached.repository and g.digest = reached.digest
        and g.created_at >= (select max(activated_at) from policy))
    group by 1, 2 order by 1, 2`.execute(db);
  for (const { waits, ...key } of result.rows)
    await transact(db, async (trx) => {
      await openGeneration(trx, key, cause, undefined);
      // A freeze that was lifted, another number of approvals: who waits looks at once.
      for (const environment of waits ?? []) await requestWake(trx, workflowIds.promotion(environment, key));
    });
  return result.rows.length;
}
