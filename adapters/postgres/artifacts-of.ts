import { type RawBuilder, sql } from 'kysely';

/** Rows of `artifact` by their keys, each once and looked up by itself: nothing is read that is not asked for, whatever the planner expects. */
export function artifactsOf(
  keys: readonly { readonly repository: string; readonly digest: string }[],
): RawBuilder<unknown> {
  const [repositories, digests] = [keys.map(({ repository }) => repository), keys.map(({ digest }) => digest)];
  return sql`
    select a.repository, a.digest, a.first_seen from (
        select distinct repository, digest from unnest(${repositories}::text[], ${digests}::text[]) as k(repository, digest)) k
      cross join lateral (select w.repository, w.digest, w.first_seen from artifact w
        where w.repository = k.repository and w.digest = k.digest offset 0) a`;
}
