/** Decisions of people, as the gateway took them: Temporal carries the name of the row, and is believed about nothing in it. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { subjectOf } from '../../domain/artifact/subject.ts';
import type { DecisionTickets } from '../../domain/promotion/decision-tickets.ts';
import type { Database } from './database.ts';

/** How long after it was taken a decision may arrive: a worker that was away, not one that was found later. */
const LIFE = sql`interval '1 hour'`;

export function createDecisionTickets(db: Database): DecisionTickets {
  return {
    take: async ({ environment, key, verb, reason, decision, decider, proof }) => {
      const id = randomUUID();
      await db
        .insertInto('decision_ticket')
        .values({
          id,
          environment,
          repository: key.repository,
          digest: key.digest,
          decision_digest: decision ?? null,
          principal: decider.principal,
          groups: JSON.stringify(decider.groups),
          verb,
          reason,
          proof: proof === undefined ? null : JSON.stringify(proof),
          generation: sql<number>`(select coalesce(max(generation), 0) from promotion
            where environment = ${environment} and repository = ${key.repository} and digest = ${key.digest})`,
        })
        .execute();
      return id;
    },
    async redeem(key, id) {
      const row = await db
        .updateTable('decision_ticket')
        // An activity that is tried again finds its decision again; two promotions never share one: what was approved before a
        // rejection, or an incident, is nobody's word on the promotion after it.
        .set({ redeemed_at: sql<Date>`coalesce(redeemed_at, now())` })
        .where('id', '=', id)
        .where('environment', '=', key.environment)
        .where('repository', '=', key.repository)
        .where('digest', '=', key.digest)
        .where(sql<boolean>`coalesce(generation, ${key.generation}) = ${key.generation}`)
        .where(sql<boolean>`taken_at > now() - ${LIFE}`)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined)
        return {
          refused: `nobody decided this about ${subjectOf(key)} at the gateway: decide again with "pratique approve"`,
        };
      const decider = { principal: row.principal, groups: row.groups };
      return {
        verb: row.verb,
        reason: row.reason,
        decider,
        decision: row.decision_digest ?? undefined,
        proof: row.proof ?? undefined,
      };
    },
  };
}
