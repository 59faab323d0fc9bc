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
  const { rows } = await sql<ArtifactKey>`
    select a.repository, a.digest from artifact a
    where a.repository = ${repository} and a.digest = any(${withHolders(digest)})
      and (exists (select from tag t where t.repository = a.repository and t.digest = a.digest)
        or not exists (select from artifact o where o.repository = a.repository and o.digest <> a.digest
          and o.digest = any(${withHolders(sql`a.digest`)})))
    order by a.digest <> ${digest}, a.digest`.execute(db);
  return rows;
}
