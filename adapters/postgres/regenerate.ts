import { sql } from 'kysely';
import { type ArtifactKey, workflowIds } from '../../domain/artifact/subject.ts';
import { type Database, transact } from './database.ts';
import { openGeneration } from './intake-ledger.ts';
import { openPlaces } from './open-places.ts';
import { requestWake } from './workflow-request.ts';

/**
 * A new policy: everything that is live, or waits to be, is judged again. Generations are opened here
 * and started by the sweeper, which paces them. `missed`: only what nothing was opened for since the policy in force came, because
 * whoever put it there died; nothing otherwise.
 */
export async function openNewGenerations(db: Database, cause: 'policy', of: 'all' | 'missed' = 'all'): Promise<number> {
  const result = await sql<ArtifactKey & { waits: readonly string[] | null }>`
    select repository, digest, array_agg(distinct environment order by environment) filter (where state <> 'live') as waits
    from ${openPlaces} reached
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
