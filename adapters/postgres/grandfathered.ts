/** What is in an environment because it was there before: parts of queries about it. */
import { type RawBuilder, sql } from 'kysely';

/** Of the rows in `placement_claim` that hold a place for an import; promotions have `promotion/…`. */
export const IMPORT_CLAIM = 'import/';

/**
 * That a live promotion holds the place `p` (an alias of `placement`, or of rows with its key): it was judged, and let in.
 */
export function isAdmitted(p: string): RawBuilder<boolean> {
  const column = (name: string) => sql.ref(`${p}.${name}`);
  return sql<boolean>`exists (
    select from placement_claim c join promotion q on q.environment = c.environment and q.digest = c.digest and q.state = 'live'
      and c.claim = 'promotion/' || q.environment || '/' || q.repository || '@' || q.digest || '#' || q.generation
    where c.environment = ${column('environment')} and c.destination = ${column('destination')}
      and c.digest = ${column('digest')} and c.released_at is null)`;
}

/** That the place `p` is held by an import, and by no promotion: nothing rests on it but that it was there. */
export function isOnlyImported(p: string): RawBuilder<boolean> {
  const column = (name: string) => sql.ref(`${p}.${name}`);
  return sql<boolean>`(exists (
    select from placement_claim i where i.environment = ${column('environment')} and i.destination = ${column('destination')}
      and i.digest = ${column('digest')} and i.released_at is null and starts_with(i.claim, ${IMPORT_CLAIM}))
    and not ${isAdmitted(p)})`;
}

/** That it runs from the repository it was pushed to, and never lay in the environment's own: nothing can be taken out there. */
export function runsFromIntake(p: string): RawBuilder<boolean> {
  const column = (name: string) => sql.ref(`${p}.${name}`);
  return sql<boolean>`exists (
    select from grandfathering g where g.environment = ${column('environment')} and g.destination = ${column('destination')}
      and g.digest = ${column('digest')} and g.repository = g.destination)`;
}
