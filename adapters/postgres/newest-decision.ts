import { sql } from 'kysely';

/** Of a row of `promotion` in the statement: what the artifact's newest verdict there decides; null before the first. */
export const newestDecision = sql<string | null>`(
  select v.decision_digest from verdict v
  where v.repository = promotion.repository and v.digest = promotion.digest and v.environment = promotion.environment
  order by v.evaluated_at desc, v.id desc limit 1)`;
