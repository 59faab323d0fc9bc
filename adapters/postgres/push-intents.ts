import { type RawBuilder, sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Database } from './database.ts';
import { gatherCalls } from './gather-calls.ts';

/** Intents already committed by this process, remembered up to so many: a tag is a second push of the same digest. */
const REMEMBERED = 10_000;
/** Intents of one statement, at most. */
const TOGETHER = 500;

/** What an import brings to where pushes go: by digest, and never under a tag. */
const UNTAGGED = 'import';

interface Intent {
  readonly repository: string;
  readonly digest: Digest;
}

/**
 * Records that a push is ours, committed before it is made: the registry's event about it starts nothing. Intents that are
 * asked for together are written by one statement, in one order, so that two processes never wait for each other in a circle.
 */
export function createPushIntents(db: Database): (repository: string, digest: Digest) => Promise<void> {
  const committed = new Set<string>();
  const write = gatherCalls(async (asked: readonly Intent[]) => {
    const rows = [...new Map(asked.map((intent) => [keyOf(intent), intent])).values()];
    await sql`
      insert into push_intent (repository, digest, kind)
      select repository, digest, 'push' from unnest(${rows.map((row) => row.repository)}::text[], ${rows.map((row) => row.digest)}::text[]) as i(repository, digest)
      order by repository, digest on conflict (repository, digest) do nothing`.execute(db);
    if (committed.size > REMEMBERED) committed.clear();
    for (const row of rows) committed.add(keyOf(row));
    return asked.map(() => undefined);
  }, TOGETHER);
  return async (repository, digest) => {
    const intent = { repository, digest };
    if (!committed.has(keyOf(intent))) await write(intent);
  };
}

/**
 * Records what an import is about to write to a repository that pushes go to. What is pushed there later under a tag is somebody's
 * own push of the same bytes. An intent that stands already stays what it is.
 */
export async function intendUntagged(db: Database, repository: string, digests: readonly Digest[]): Promise<void> {
  await sql`
    insert into push_intent (repository, digest, kind)
    select ${repository}, digest, ${UNTAGGED} from unnest(${digests}::text[]) as i(digest)
    order by digest on conflict (repository, digest) do nothing`.execute(db);
}

/** Whether an intent of this kind is about a push under `tag`, null where it has none. */
export function isIntendedPush(of: { kind: RawBuilder<unknown>; tag: RawBuilder<unknown> }): RawBuilder<boolean> {
  return sql<boolean>`(${of.kind} <> ${UNTAGGED} or ${of.tag} is null)`;
}

function keyOf({ repository, digest }: Intent): string {
  return `${repository}@${digest}`;
}
