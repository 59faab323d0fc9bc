/** A person takes a promotion back before it is live. */
import { sql } from 'kysely';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import { workflowIds } from '../../domain/artifact/subject.ts';
import type { CancelOutcome } from '../../domain/promotion/promotion-desk.ts';
import { isOpen } from '../../domain/promotion/state.ts';
import { type Database, transact } from './database.ts';
import { announcePromotion, endPromotion, lockPromotion } from './promotion-row.ts';
import { requestWake } from './workflow-request.ts';

/**
 * What waits ends at once, with its event. What is being copied is marked: it is refused when it would go live, its workflow takes
 * the copy back, and it ends as cancelled. Either way its workflow is woken. What is live already is refused.
 */
export function cancelPromotion(
  db: Database,
  { environment, key, reason, actor }: { environment: string; key: ArtifactKey; reason: string; actor: string },
): Promise<CancelOutcome> {
  return transact(db, async (trx): Promise<CancelOutcome> => {
    const last = await trx
      .selectFrom('promotion')
      .select('generation')
      .where('environment', '=', environment)
      .where('repository', '=', key.repository)
      .where('digest', '=', key.digest)
      .orderBy('generation', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (last === undefined) return { outcome: 'refused', reason: `nobody asked for it to enter ${environment}` };
    const promotion = { environment, ...key, generation: last.generation };
    const row = await lockPromotion(trx, promotion);
    if (!isOpen(row.state))
      return { outcome: 'refused', reason: `the promotion is ${row.state}: nothing is under way` };
    const why = `by ${actor}: ${reason}`;
    await requestWake(trx, workflowIds.promotion(environment, key));
    if (row.state !== 'reserved') {
      await endPromotion(trx, promotion, 'cancelled', why, actor);
      return { outcome: 'cancelled' };
    }
    if (row.cancel !== null) return { outcome: 'taken-back' };
    await sql`
      update promotion set cancel = ${why}, updated_at = now() where environment = ${environment}
        and repository = ${key.repository} and digest = ${key.digest} and generation = ${promotion.generation}`.execute(
      trx,
    );
    await announcePromotion(trx, promotion, row, {
      ...{ step: 'cancelling', type: 'promotion.cancelling', actor },
      data: { reason },
    });
    return { outcome: 'taken-back' };
  });
}
