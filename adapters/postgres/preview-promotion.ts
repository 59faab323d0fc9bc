/** What a promotion would meet, by the checks of a reservation, in a transaction that is thrown away. */

import type { Transaction } from 'kysely';
import type { Policy } from '../../domain/policy/policy.ts';
import { type Database, rehearse } from './database.ts';
import { findBlocker } from './fence.ts';
import { findObstacles, type Obstacle } from './promotion-checks.ts';
import { lockPromotion } from './promotion-row.ts';
import { type PersonsRequest, requestByPerson } from './request-promotion.ts';
import type { Schema } from './schema.ts';

/**
 * Everything in the way of what a person asks for, the first what would be told of it; `live` where it is there already, and
 * nothing is asked. Of one that is under way, what is in its way.
 */
export function previewObstacles(
  db: Database,
  policy: Policy,
  request: PersonsRequest,
): Promise<'live' | readonly Obstacle[]> {
  return rehearse(db, async (trx) => {
    const blocker = await findBlocker(trx, request.key.digest);
    const answer = await requestByPerson(trx, policy, request);
    if (answer.outcome === 'refused') return [{ outcome: 'ended', state: 'denied', reason: answer.reason }];
    const generation = await openGeneration(trx, request);
    if (generation === undefined) return 'live';
    const key = { environment: request.environment, ...request.key, generation };
    const row = await lockPromotion(trx, key);
    const obstacles: Obstacle[] = [];
    for await (const obstacle of findObstacles(trx, policy, key, { row, blocker })) obstacles.push(obstacle);
    return obstacles;
  });
}

async function openGeneration(
  trx: Transaction<Schema>,
  { environment, key }: PersonsRequest,
): Promise<number | undefined> {
  const row = await trx
    .selectFrom('promotion')
    .select('generation')
    .where('environment', '=', environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('state', 'in', ['requested', 'waiting', 'reserved'])
    .executeTakeFirst();
  return row?.generation;
}
