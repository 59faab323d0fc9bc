import { type RawBuilder, sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Database } from './database.ts';
import { gatherCalls } from './gather-calls.ts';

/** Intents already committed by this process, remembered up to so many: the same evidence and children are pushed again and again. */
const REMEMBERED = 10_000;
/** Intents of one statement, at most. */
const TOGETHER = 500;

/** Of intents of a release that wrote down no tags, those of imports: they were never under a tag. */
const UNTAGGED = 'import';

interface Intent {
  readonly repository: string;
  readonly digest: Digest;
  readonly tag: string | undefined;
}

/** Records that we are about to push `digest`, under `tag` where there is one. */
export type IntendPush = (repository: string, digest: Digest, tag?: string) => Promise<void>;

/**
 * Records that a push is ours, committed before it is made: the registry's event about it starts nothing. Under another tag the
 * same bytes are somebody's own push. Intents that are asked for together are written by one statement, in one order, so that
 * two processes never wait for each other in a circle.
 */
export function createPushIntents(db: Database): IntendPush {
  const committed = new Set<string>();
  const write = gatherCalls(async (asked: readonly Intent[]) => {
    const column = (of: (intent: Intent) => string | undefined) =>
      sql`${asked.map((intent) => of(intent) ?? null)}::text[]`;
    const columns = [
      column((intent) => intent.repository),
      column((intent) => intent.digest),
      column(({ tag }) => tag),
    ];
    // Where the tags are null, a release that wrote none down may have pushed under any: that row stays what it is.
    await sql`
      insert into push_intent (repository, digest, kind, tags)
      select repository, digest, 'push', coalesce(array_agg(distinct tag) filter (where tag is not null), '{}')
      from unnest(${sql.join(columns)}) as i(repository, digest, tag) group by repository, digest order by repository, digest
      on conflict (repository, digest) do update
        set tags = array(select distinct unnest(push_intent.tags || excluded.tags) order by 1)
        where not coalesce(excluded.tags <@ push_intent.tags, push_intent.kind <> ${UNTAGGED})`.execute(db);
    if (committed.size > REMEMBERED) committed.clear();
    for (const intent of asked) committed.add(keyOf(intent));
    return asked.map(() => undefined);
  }, TOGETHER);
  return async (repository, digest, tag) => {
    const intent = { repository, digest, tag };
    if (!committed.has(keyOf(intent))) await write(intent);
  };
}

/**
 * Records what an import is about to write to a repository that pushes go to, never under a tag. An intent that stands already
 * stays what it is.
 */
export async function intendUntagged(db: Database, repository: string, digests: readonly Digest[]): Promise<void> {
  await sql`
    insert into push_intent (repository, digest, kind, tags)
    select ${repository}, digest, ${UNTAGGED}, '{}' from unnest(${digests}::text[]) as i(digest)
    order by digest on conflict (repository, digest) do nothing`.execute(db);
}

/** Whether an intent of this kind, with these tags, is about a push under `tag`, null where it has none. */
export function isIntendedPush({
  kind,
  tags,
  tag,
}: {
  kind: RawBuilder<unknown>;
  tags: RawBuilder<unknown>;
  tag: RawBuilder<unknown>;
}): RawBuilder<boolean> {
  return sql<boolean>`(${tag} is null or coalesce(${tag} = any(${tags}), ${tags} is null and ${kind} <> ${sql.lit(UNTAGGED)}))`;
}

function keyOf({ repository, digest, tag }: Intent): string {
  return tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}@${digest}`;
}
