/** Where an artifact is live by a promotion of its own: a new one there would change nothing. */
import { type RawBuilder, sql } from 'kysely';
import { type ArtifactKey, workflowIds } from '../../domain/artifact/subject.ts';
import type { Executor } from './database.ts';
import { isGone } from './gone-places.ts';

/** One environment, and where the policy in force has its artifacts. */
export interface Place {
  readonly environment: string;
  readonly destination: string;
}

/** That the row of `placement` under this alias is live by a claim of this artifact. */
function isLive(alias: string, environment: string, key: ArtifactKey): RawBuilder<boolean> {
  const column = (name: string) => sql.ref(`${alias}.${name}`);
  const claims = `${workflowIds.promotion(environment, key)}#`;
  return sql<boolean>`(
    ${column('environment')} = ${environment} and ${column('digest')} = ${key.digest} and ${column('state')} = 'live' and exists (
      select 1 from placement_claim c where c.environment = ${column('environment')} and c.destination = ${column('destination')}
        and c.digest = ${column('digest')} and c.released_at is null and starts_with(c.claim, ${claims})))`;
}

/** Live there, under this tag where there is one, and not deleted since. */
export async function isLiveAt(
  executor: Executor,
  { environment, destination }: Place,
  key: ArtifactKey,
  tag: string | null,
): Promise<boolean> {
  const result = await sql`
    select 1 from placement p
    where ${isLive('p', environment, key)} and p.destination = ${destination} and not ${isGone('p', tag)}
      and (${tag}::text is null or exists (
        select 1 from channel c where c.environment = p.environment and c.destination = p.destination
          and c.tag = ${tag} and c.digest = p.digest))`.execute(executor);
  return result.rows.length > 0;
}

/**
 * Live where the policy of another day had the environment, and not at the place of the one in force: with the tag that names it
 * there, `tag` where it does, null where none does. Undefined where it is not.
 */
export async function leftElsewhere(
  executor: Executor,
  { environment, destination }: Place,
  key: ArtifactKey,
  tag: string | null,
): Promise<{ readonly tag: string | null } | undefined> {
  const { rows } = await sql<{ tag: string | null }>`
    select (
      select c.tag from channel c where c.environment = p.environment and c.destination = p.destination and c.digest = p.digest
      order by c.tag is not distinct from ${tag} desc, c.moved_at desc limit 1) as tag
    from placement p where ${isLive('p', environment, key)} and not exists (
      select from placement n where n.destination = ${destination} and ${isLive('n', environment, key)})
    order by p.since desc limit 1`.execute(executor);
  return rows[0];
}
