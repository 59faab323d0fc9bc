/** One person's word on a promotion that waits. */

import { sql } from 'kysely';
import { describeDecisionChange } from '../../domain/policy/decision-change.ts';
import { findEnvironment } from '../../domain/policy/environments.ts';
import type { Approval } from '../../domain/policy/gate.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { PromotionBook, PromotionKey } from '../../domain/promotion/promotion-book.ts';
import type { DecisionOutcome } from '../../domain/promotion/promotion-desk.ts';
import { askedApprovals } from './approver-list.ts';
import { type Database, type Executor, transact } from './database.ts';
import { findBlocker } from './fence.ts';
import { weighApprovals } from './promotion-approvals.ts';
import { announcePromotion, endPromotion, lockPromotion } from './promotion-row.ts';

const refused = (reason: string): DecisionOutcome => ({ outcome: 'refused', reason });

/** Binds to the decision digest of the newest verdict, and dies with it. The row is locked: a reservation waits or came first. */
export function decidePromotion(
  db: Database,
  policy: Policy,
  key: PromotionKey,
  { verb, reason, decision, decider, proof }: Parameters<PromotionBook['decide']>[1],
): Promise<DecisionOutcome> {
  return transact(db, async (trx): Promise<DecisionOutcome> => {
    // Epoch and fences before the row, as everywhere: nobody approves what is quarantined at this moment.
    const blocker = await findBlocker(trx, key.digest);
    const row = await lockPromotion(trx, key);
    const environment = findEnvironment(policy, key.environment);
    const rule = environment === undefined ? undefined : await askedApprovals(trx, environment);
    if (row.state !== 'requested' && row.state !== 'waiting')
      return refused(`the promotion is ${row.state}: there is nothing to decide`);
    if (blocker !== undefined) return refused(blocker.reason);
    if (rule === undefined) return refused(`${key.environment} asks nobody: it is automatic`);
    const verdict = await newestVerdict(trx, key);
    if (verdict === undefined) return refused('there is no verdict yet: wait until the artifact was judged');
    const digest = verdict.decisionDigest;
    if (verb === 'approve' && decision !== undefined && decision !== digest)
      return {
        outcome: 'changed',
        reason: describeDecisionChange(await newestVerdict(trx, key, decision), verdict),
        decision: digest,
      };
    const now = new Date();
    const candidate: Approval = {
      ...{ ...decider, verb, reason, decisionDigest: digest, at: now.toISOString() },
      ...(proof === undefined ? {} : { proof }),
    };
    const counts = await weighApprovals(trx, { ...rule, required: 1 }, key, row, { digest, now, alone: [candidate] });
    const why = counts.refused[0]?.why;
    if (why !== undefined) {
      await announcePromotion(trx, key, row, {
        step: `refused/${decider.principal}/${candidate.at}`,
        type: 'promotion.approval-refused',
        actor: decider.principal,
        data: { reason: why },
      });
      return refused(`${decider.principal} ${why}`);
    }
    await recordApproval(trx, key, candidate);
    await announcePromotion(trx, key, row, {
      step: `decided/${decider.principal}/${digest}/${verb}${proof === undefined ? '' : `/${proof.digest}`}`,
      type: verb === 'approve' ? 'promotion.approved' : 'promotion.rejection',
      actor: decider.principal,
      data: { reason, decision: digest, ...(proof === undefined ? {} : { proof }) },
    });
    const { state, reason: stands } = await weighApprovals(trx, rule, key, row, { digest, now });
    // At once, whatever else it waits for: by the time that is over the decision may be another one.
    if (state === 'rejected') await endPromotion(trx, key, 'rejected', stands);
    return { outcome: 'counted', state, reason: stands };
  });
}

/** The newest verdict, or the newest that came to this decision. */
async function newestVerdict(executor: Executor, key: PromotionKey, decision?: string): Promise<Verdict | undefined> {
  let query = executor
    .selectFrom('verdict')
    .select('body')
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('environment', '=', key.environment);
  if (decision !== undefined) query = query.where('decision_digest', '=', decision);
  const row = await query.orderBy('evaluated_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst();
  return row?.body as Verdict | undefined;
}

/** Of one row of `approval`, all that was said, and what became of it. */
const SAID = sql.raw(
  'environment, repository, digest, decision_digest, principal, groups, verb, reason, proof, at, voided_by, void_reason',
);

/** Who decides again about the same thing replaces what they said: it may have let in what was taken out since, and stays on record. */
async function recordApproval(executor: Executor, key: PromotionKey, approval: Approval): Promise<void> {
  const { verb, reason, at, groups, principal, decisionDigest } = approval;
  await sql`
    insert into replaced_approval (${SAID}) select ${SAID} from approval
    where environment = ${key.environment} and repository = ${key.repository} and digest = ${key.digest}
      and decision_digest = ${decisionDigest} and principal = ${principal}`.execute(executor);
  const proof = approval.proof === undefined ? null : JSON.stringify(approval.proof);
  await executor
    .insertInto('approval')
    .values({
      environment: key.environment,
      repository: key.repository,
      digest: key.digest,
      decision_digest: decisionDigest,
      principal,
      groups: JSON.stringify(groups),
      verb,
      reason,
      proof,
      at,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['environment', 'repository', 'digest', 'decision_digest', 'principal'])
        .doUpdateSet({ verb, reason, at, groups: JSON.stringify(groups), proof, voided_by: null, void_reason: null }),
    )
    .execute();
}
