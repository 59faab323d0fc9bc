import { sql } from 'kysely';

/**
 * To be joined to `stock s`: `x`, the artifacts that have it. Looked up stock by stock: of the view beneath, which has two tables,
 * the planner expects so much that it would read both whole.
 */
export const holdersOfStock = sql`
  cross join lateral (select c.digest from artifact_contents c where c.stock = s.digest offset 0) x`;
