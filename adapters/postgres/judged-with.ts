/** By whose verdict something is let in: its own, or that of the indexes that hold it. */
import { sql } from 'kysely';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { Executor } from './database.ts';
import { withHolders } from './nesting.ts';

/**
 * What is known of one repository: the digest itself, unless it has no tag there and is inside an index of that repository, and
 * the outermost such indexes, and those between that have a tag of their own. The digest first; none where nothing is known.
 */
export async function judgedWith(db: Executor, { repository, digest }: ArtifactKey): Promise<ArtifactKey[]> {
  // Held by a known index, it is held by one of these few: never looked for among all of the repository.
  const { rows } = await sql<ArtifactKey>`
    with known as materialized (
      select a.digest, exists (select from tag t where t.repository = a.repository and t.digest = a.digest) as tagged
      from artifact a where a.repository = ${repository} and a.digest = any(${withHolders(digest)}))
    select ${repository}::text as repository, k.digest from known k
    where k.tagged or not exists (
      select from known o where o.digest <> k.digest and o.digest = any(${withHolders(sql`k.digest`)}))
    order by k.digest <> ${digest}, k.digest`.execute(db);
  return rows;
}
