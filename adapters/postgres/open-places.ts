/** What is judged again when something about it changes. */
import { type RawBuilder, sql } from 'kysely';

/**
 * Rows of `repository`, `digest`, `environment` and `state`: what waits for an environment, what runs in one, and, as `live`, what
 * may stay in one because it was there before. One artifact may have several.
 */
export const openPlaces: RawBuilder<unknown> = sql`(
  select q.repository, q.digest, q.environment, q.state from promotion q
  where q.state in ('requested', 'waiting', 'reserved') or (q.state = 'live' and exists (select from placement l
    where l.digest = q.digest and l.environment = q.environment and l.state = 'live'))
  union all
  select g.repository, g.digest, g.environment, 'live' from grandfathering g where exists (select from placement l
    where l.environment = g.environment and l.destination = g.destination and l.digest = g.digest and l.state = 'live'))`;
