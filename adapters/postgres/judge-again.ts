/** What runs or waits is judged again: what is known of it, or decided about it, changed. */
import { sql, type Transaction } from 'kysely';
import { type ArtifactKey, workflowIds } from '../../domain/artifact/subject.ts';
import { openGeneration } from './intake-ledger.ts';
import { openPlaces } from './open-places.ts';
import type { Schema } from './schema.ts';
import { requestWake } from './workflow-request.ts';

type Trx = Transaction<Schema>;

export interface JudgeAgain extends ArtifactKey {
  /** Nothing is against it any more: what was denied looks again, too. */
  readonly eased: boolean;
}

/** Generations are opened in the order of their artifacts; promotions that wait look at once. */
export async function judgeAgain(trx: Trx, asked: readonly JudgeAgain[]): Promise<void> {
  for (const { repository, digest, environments, waiting } of await openPromotionsOf(trx, asked)) {
    await openGeneration(trx, { repository, digest }, 'advisories', undefined);
    for (const environment of waiting ? environments : [])
      await requestWake(trx, workflowIds.promotion(environment, { repository, digest }));
  }
}

async function openPromotionsOf(trx: Trx, asked: readonly JudgeAgain[]) {
  const keys = asked.map(({ repository, digest, eased }) => ({ repository, digest, eased }));
  const { rows } = await sql<ArtifactKey & { environments: string[]; waiting: boolean }>`
    select p.repository, p.digest, array_agg(distinct p.environment order by p.environment)
        filter (where p.state in ('requested', 'waiting', 'reserved')) as environments,
      bool_or(p.state in ('requested', 'waiting', 'reserved')) as waiting
    from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as k(repository text, digest text, eased boolean)
      join (select * from ${openPlaces} o
        union all select repository, digest, environment, state from promotion where state = 'denied') p
        on p.repository = k.repository and p.digest = k.digest
    where p.state <> 'denied' or k.eased
    group by 1, 2 order by 1, 2`.execute(trx);
  return rows;
}
