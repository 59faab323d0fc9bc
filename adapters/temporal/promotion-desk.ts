import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { sql } from 'kysely';
import { workflowIds } from '../../domain/artifact/subject.ts';
import { approvalRuleOf } from '../../domain/policy/approval-rule.ts';
import { findEnvironment } from '../../domain/policy/environments.ts';
import type { DecisionOutcome, PromotionDesk } from '../../domain/promotion/promotion-desk.ts';
import { isOpen, type PromotionState } from '../../domain/promotion/state.ts';
import { cancelPromotion } from '../postgres/cancel-promotion.ts';
import { type Database, transact } from '../postgres/database.ts';
import { createDecisionTickets } from '../postgres/decision-tickets.ts';
import type { PolicyStore } from '../postgres/policy-store.ts';
import { requestByPerson } from '../postgres/request-promotion.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

/** Requests go through Postgres and start a workflow; decisions are Updates on it, so that they are answered. */
export function createPromotionDesk(
  db: Database,
  client: Client,
  policies: PolicyStore,
  starter: WorkflowStarter,
  wake: () => Promise<void>,
): PromotionDesk {
  const tickets = createDecisionTickets(db);
  return {
    async request(request) {
      const { key, environment } = request;
      const policy = await policies.current();
      const answer = await transact(db, (trx) => requestByPerson(trx, policy, request));
      if (answer.outcome === 'refused') return answer;
      const promotion = workflowIds.promotion(environment, key);
      const [start] = answer.starts;
      if (start !== undefined) {
        // Committed: the sweeper starts what this can not.
        await starter
          .startRequested({
            id: start.workflowId,
            kind: 'promotion',
            taskQueue: 'control',
            input: { ...start.key },
            generation: start.key.generation,
          })
          .catch(() => undefined);
        return { outcome: 'requested', promotion, generation: start.key.generation };
      }
      const { rows } = await sql<{ generation: number; state: PromotionState }>`
        select generation, state from promotion where environment = ${environment} and repository = ${key.repository} and digest = ${key.digest}
        order by generation desc limit 1`.execute(db);
      const [last] = rows;
      // Live under this tag, however a later try under another one ended.
      return last === undefined || !isOpen(last.state)
        ? { outcome: 'already-live', promotion }
        : { outcome: 'already-open', promotion, generation: last.generation };
    },
    async cancel(request) {
      const outcome = await cancelPromotion(db, request);
      await wake();
      return outcome;
    },
    async decide({ environment, key, verb, reason, decision, decider, proof }): Promise<DecisionOutcome> {
      const asked = findEnvironment(await policies.current(), environment);
      if (
        verb === 'approve' &&
        proof === undefined &&
        asked !== undefined &&
        approvalRuleOf(asked)?.proof === 'required'
      )
        return {
          outcome: 'unproven',
          reason: `${environment} takes approvals with a proof of the approver's own: sign it with a key that is registered as yours`,
        };
      const ticket = await tickets.take({ environment, key, verb, reason, decision, decider, proof });
      try {
        return await client.workflow
          .getHandle(workflowIds.promotion(environment, key))
          .executeUpdate<DecisionOutcome, [object]>('decidePromotion', {
            args: [{ ticket, verb, reason, decision, decider }],
          });
      } catch (error) {
        if (error instanceof WorkflowNotFoundError)
          return {
            outcome: 'refused',
            reason: 'no such promotion is open: "pratique artifact get" shows where it stands',
          };
        throw error;
      }
    },
  };
}
