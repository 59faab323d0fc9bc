/** Which build a tag of an environment names: an older one never takes a newer one's place, unless a person asks for it. */
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { workflowIds } from '../../domain/artifact/subject.ts';
import { mayMoveTag, type TagMover } from '../../domain/promotion/channel.ts';
import type { PromotionKey } from '../../domain/promotion/promotion-book.ts';
import type { Executor } from './database.ts';
import { claimOf } from './placement-claims.ts';
import { endPromotion, type PromotionRow } from './promotion-row.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;
type Mover = Pick<PromotionRow, 'tag' | 'build_order' | 'rollback' | 'requested_by'>;

const moverOf = ({ rollback, requested_by }: Mover): TagMover => {
  if (rollback) return 'rollback';
  return requested_by === 'system' ? 'system' : 'person';
};

/** Why the tag may not move to this build; undefined where it may, or where the promotion has no tag. */
export async function channelRefusal(
  executor: Executor,
  key: Pick<PromotionKey, 'environment' | 'digest'>,
  destination: string,
  mover: Mover,
): Promise<string | undefined> {
  const { tag, build_order } = mover;
  if (tag === null) return undefined;
  const channel = await executor
    .selectFrom('channel')
    .select(['digest', 'build_order', 'newest_order'])
    .where('environment', '=', key.environment)
    .where('destination', '=', destination)
    .where('tag', '=', tag)
    .executeTakeFirst();
  if (channel === undefined || channel.digest === key.digest) return undefined;
  const at = { current: channel.build_order, newest: channel.newest_order ?? channel.build_order };
  const move = mayMoveTag(at, build_order, moverOf(mover));
  return move.allowed ? undefined : `${tag}: ${move.reason}`;
}

/** What the tag names, before it is moved: wherever this process ends, undo knows. False where the claim was given up. */
export async function recordTagMove(
  executor: Executor,
  key: PromotionKey,
  { destination, tag, shown = '' }: { destination: string; tag: string; shown: string | undefined },
): Promise<boolean> {
  const recorded = await sql`
    update placement_claim set tag_before = coalesce(tag_before, (
      select digest from channel where environment = ${key.environment} and destination = ${destination} and tag = ${tag}), ${shown})
    where environment = ${key.environment} and destination = ${destination} and digest = ${key.digest}
      and claim = ${claimOf(key)} and released_at is null
    returning 1`.execute(executor);
  return recorded.rows.length > 0;
}

/**
 * Moves the channel under its row's lock, by the rule of `mayMoveTag`. False where a newer build got there first: two
 * go-lives may both have looked before either wrote.
 */
export async function moveChannel(trx: Trx, key: PromotionKey, destination: string, mover: Mover): Promise<boolean> {
  const { tag, build_order } = mover;
  if (tag === null) return true;
  const by = moverOf(mover);
  const moved = await sql`
    insert into channel (environment, destination, tag, digest, build_order, newest_order)
    values (${key.environment}, ${destination}, ${tag}, ${key.digest}, ${build_order}, greatest(${build_order}::bigint, (
      -- What was gone back from stays so where the policy gives the environment another place.
      select max(c.newest_order) from channel c where c.environment = ${key.environment} and c.tag = ${tag} and c.digest = ${key.digest})))
    on conflict (environment, destination, tag) do update set digest = excluded.digest, moved_at = now(),
      build_order = case when channel.digest = excluded.digest then greatest(channel.build_order, excluded.build_order) else excluded.build_order end,
      newest_order = greatest(channel.newest_order, channel.build_order, excluded.build_order)
    where channel.digest = excluded.digest or ${by} = 'rollback' or (channel.build_order <= excluded.build_order and (
      ${by} <> 'system' or coalesce(channel.newest_order, 0) <= channel.build_order or channel.newest_order < excluded.build_order))
    returning 1`.execute(trx);
  return moved.rows.length === 1;
}

/**
 * Of a rollback, before the channel is moved: what is on its way into later environments of the build it leaves, and of those
 * between, is ended visibly; a soak is there to find what they were left for. Returns their workflows.
 */
export async function endLeft(
  trx: Trx,
  key: PromotionKey,
  destination: string,
  { tag, build_order, rollback }: Mover,
  later: readonly string[],
): Promise<string[]> {
  if (!rollback || tag === null || later.length === 0) return [];
  const { rows } = await sql<{ environment: string; digest: Digest; generation: number }>`
    select p.environment, p.digest, p.generation from promotion p
    join channel c on c.environment = ${key.environment} and c.destination = ${destination} and c.tag = ${tag}
    where p.environment = any(${later}::text[]) and p.repository = ${key.repository} and p.digest <> ${key.digest}
      and p.state in ('requested', 'waiting', 'reserved') and not p.rollback
      and (p.digest = c.digest or (p.tag = c.tag
        and p.build_order > ${build_order} and p.build_order <= greatest(c.build_order, c.newest_order)))
    order by p.environment, p.digest`.execute(trx);
  for (const { environment, digest, generation } of rows)
    await endPromotion(
      trx,
      { environment, repository: key.repository, digest, generation },
      'superseded',
      `somebody went back from it in ${key.environment}: ${tag} names ${key.digest} there`,
    );
  return rows.map(({ environment, digest }) => workflowIds.promotion(environment, { ...key, digest }));
}

/** Older promotions of the same channel that still wait are ended visibly: the newer build is there. Returns their workflows. */
export async function supersedeOlder(trx: Trx, key: PromotionKey, { tag, build_order }: Mover): Promise<string[]> {
  if (tag === null) return [];
  const older = await trx
    .selectFrom('promotion')
    .select(['digest', 'generation'])
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('tag', '=', tag)
    .where('digest', '<>', key.digest)
    .where('state', 'in', ['requested', 'waiting'])
    .where('build_order', '<', build_order)
    .where('rollback', '=', false)
    .orderBy('digest')
    .execute();
  for (const { digest, generation } of older)
    await endPromotion(
      trx,
      { ...key, digest: digest as Digest, generation },
      'superseded',
      `a newer build (${key.digest}) is live under ${tag}`,
    );
  return older.map(({ digest }) => workflowIds.promotion(key.environment, { ...key, digest: digest as Digest }));
}
