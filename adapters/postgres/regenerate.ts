import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Database, transact } from './database.ts';
import { openGeneration } from './intake-ledger.ts';

/**
 * A new policy: everything that is live, or waits to be, is judged again. Generations are opened here
 * and started by the sweeper, which paces them.
 */
export async function openNewGenerations(db: Database, cause: 'policy'): Promise<number> {
  const result = await sql<{ repository: string; digest: Digest }>`
    select distinct p.repository, p.digest from promotion p
    where p.state in ('requested', 'waiting', 'reserved')
       or (p.state = 'live' and exists (select 1 from placement l where l.digest = p.digest and l.environment = p.environment and l.state = 'live'))
    union
    select g.repository, g.digest from grandfathering g join placement l on l.environment = g.environment
      and l.destination = g.destination and l.digest = g.digest and l.state = 'live'
    order by 1, 2`.execute(db);
  for (const key of result.rows) await transact(db, (trx) => openGeneration(trx, key, cause, undefined));
  return result.rows.length;
}
