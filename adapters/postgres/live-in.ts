/**
 * Whose a place in an environment is. The same bytes may have been pushed to several repositories: where they run is told by
 * the claims on the place, which name the repository (`promotion/<environment>/<repository>@…`, `import/<environment>/…`).
 */
import { type RawBuilder, sql } from 'kysely';
import { IMPORT_CLAIM } from './grandfathered.ts';

/** Names of columns: `repository` of what was pushed, `place` an alias of `placement`. */
interface Asked {
  readonly place: string;
  readonly repository: string;
}

/** That the place is, or was until it was emptied, that of the repository. */
export function isPlaceOf({ place, repository }: Asked): RawBuilder<boolean> {
  const column = (name: string) => sql.ref(`${place}.${name}`);
  const subject = sql`${column('environment')} || '/' || ${sql.ref(repository)} || '@' || ${column('digest')}`;
  return sql<boolean>`exists (
    select from placement_claim held_by
    where held_by.environment = ${column('environment')} and held_by.destination = ${column('destination')}
      and held_by.digest = ${column('digest')} and (held_by.released_at is null or ${column('state')} = 'removed')
      and (held_by.claim = ${IMPORT_CLAIM} || ${subject} or starts_with(held_by.claim, 'promotion/' || ${subject} || '#')))`;
}

/** That the artifact of the repository is live there. */
export function isLiveIn(asked: Asked): RawBuilder<boolean> {
  return sql<boolean>`(${sql.ref(`${asked.place}.state`)} = 'live' and ${isPlaceOf(asked)})`;
}

/** That the artifact is live in the environment; without one, in any. `artifact`: alias of what has its `repository` and `digest`. */
export function runsSomewhere(artifact: string, environment: string | undefined): RawBuilder<boolean> {
  const here = environment === undefined ? sql`true` : sql`p.environment = ${environment}`;
  return sql<boolean>`exists (select from placement p where p.digest = ${sql.ref(`${artifact}.digest`)} and ${here}
    and ${isLiveIn({ place: 'p', repository: `${artifact}.repository` })})`;
}
