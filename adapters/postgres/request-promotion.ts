/** Asking for promotions: the row, and the request to start its workflow, in the caller's transaction. */
import { sql, type Transaction } from 'kysely';
import { type ArtifactKey, subjectOf, taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import { environmentRepository } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { PromotionKey, PromotionStart } from '../../domain/promotion/promotion-book.ts';
import { isOpen } from '../../domain/promotion/state.ts';
import type { Executor } from './database.ts';
import { isGone, isGoneFrom } from './gone-places.ts';
import { isLiveAt, type Place } from './live-place.ts';
import { channelRefusal } from './promotion-channel.ts';
import { announcePromotion, type PromotionRow } from './promotion-row.ts';
import type { Schema } from './schema.ts';
import { requestWorkflow } from './workflow-request.ts';

type Trx = Transaction<Schema>;

export interface PromotionRequest {
  readonly environment: string;
  readonly key: ArtifactKey;
  readonly row: Pick<PromotionRow, 'tag' | 'build_order' | 'rollback' | 'requested_by' | 'trace'>;
}

/** What a person asks for; without a tag, the one it was pushed under last, or, to go back, the one it lost there last. */
export interface PersonsRequest {
  readonly environment: string;
  readonly key: ArtifactKey;
  readonly tag?: string;
  /** Allows going back to an older build. */
  readonly rollback: boolean;
  readonly actor: string;
}

/** What came of it: the workflows to start, none where one is under way or nothing would change. */
export type PersonsAnswer =
  | { readonly outcome: 'asked'; readonly starts: readonly PromotionStart[] }
  | { readonly outcome: 'refused'; readonly reason: string };

/** `requestPromotion` for a person; refused where the artifact is not known, or nobody can tell which tag is to go back. */
export async function requestByPerson(
  trx: Trx,
  policy: Policy,
  { environment, key, tag, rollback, actor }: PersonsRequest,
): Promise<PersonsAnswer> {
  const refused = (reason: string): PersonsAnswer => ({ outcome: 'refused', reason });
  const buildOrder = await buildOrderOf(trx, key);
  if (buildOrder === undefined) return refused(`${subjectOf(key)} is not known: push it first`);
  const place = placeIn(policy, environment, key);
  const lost = rollback && tag === undefined ? await lostTagOf(trx, place, key) : undefined;
  const row = { tag: tag ?? lost ?? (await newestTagOf(trx, key)), rollback, requested_by: actor, trace: null };
  if (rollback && row.tag === null && !(await isLiveAt(trx, place, key, null)))
    return refused(
      `nobody can tell which tag of ${environment} is to go back: ask for ${key.repository}:TAG@${key.digest}`,
    );
  if ((tag !== undefined || rollback) && !(await isLiveAt(trx, place, key, row.tag))) {
    const open = await newestPromotion(trx, environment, key);
    if (open !== undefined && isOpen(open.state) && (open.tag !== row.tag || (rollback && !open.rollback)))
      return refused(
        `it is on its way into ${environment} ${open.tag === null ? 'without a tag' : `as ${open.tag}`} (promotion ${open.generation}), one at a time: ask again when that has ended, or end it with "pratique promotion cancel ${environment} ${subjectOf(key)}"`,
      );
  }
  const starts = await requestPromotion(trx, policy, { environment, key, row: { ...row, build_order: buildOrder } });
  return { outcome: 'asked', starts };
}

/** The tag it was live under there, else was to be, and that names another build there now, or was deleted there: the last such. */
async function lostTagOf(trx: Trx, { environment, destination }: Place, key: ArtifactKey): Promise<string | undefined> {
  const { rows } = await sql<{ tag: string }>`
    select p.tag from promotion p
    left join channel c on c.environment = p.environment and c.destination = ${destination} and c.tag = p.tag
    where p.environment = ${environment} and p.repository = ${key.repository} and p.digest = ${key.digest}
      and p.tag is not null and (c.digest is distinct from p.digest or ${isGone('c', sql.ref('c.tag'))})
    order by p.state = 'live' desc, p.generation desc limit 1`.execute(trx);
  return rows[0]?.tag;
}

/** Where the policy in force has it. */
export const placeIn = (policy: Policy, environment: string, { repository }: ArtifactKey): Place => ({
  environment,
  destination: environmentRepository(policy, environment, repository),
});

/** What starts the workflow of a promotion whose row is there. */
export function startOf({ environment, repository, digest, generation }: PromotionKey): PromotionStart {
  const key = { environment, repository, digest, generation };
  return { key, workflowId: workflowIds.promotion(environment, key) };
}

/** Makes the row and the request to start its workflow; nothing where one is open, it is live already, or somebody said no to it. */
export async function requestPromotion(trx: Trx, policy: Policy, request: PromotionRequest): Promise<PromotionStart[]> {
  const { environment, key, row } = request;
  const last = await lastToBeAskedFor(trx, request);
  if (last !== undefined && isOpen(last.state)) {
    await pushedAnew(trx, { environment, ...key, generation: last.generation }, row);
    return [];
  }
  if (last !== undefined && row.requested_by === 'system' && isOver(last, row)) return [];
  const place = placeIn(policy, environment, key);
  if (last !== undefined && (await isLiveAt(trx, place, key, row.tag))) return [];
  if (last !== undefined && row.requested_by === 'system') {
    if (await wasGoneBackFrom(trx, place, request)) return [];
    // Who deleted it there may have meant it: it comes back by a push, or where somebody asks.
    if (row.build_order <= last.build_order && (await isGoneFrom(trx, place, key.digest, row.tag))) return [];
  }
  const promotion: PromotionKey = {
    environment,
    repository: key.repository,
    digest: key.digest,
    generation: (last?.generation ?? 0) + 1,
  };
  const inserted = await trx
    .insertInto('promotion')
    .values({
      ...promotion,
      state: 'requested',
      tag: row.tag,
      build_order: row.build_order,
      rollback: row.rollback,
      requested_by: row.requested_by,
      verdict: null,
      decision_digest: null,
      trace: row.trace,
    })
    // Asked for twice at once: the other one's is the one.
    .onConflict((conflict) => conflict.doNothing())
    .returning('generation')
    .executeTakeFirst();
  if (inserted === undefined) return [];
  await requestWorkflow(trx, {
    id: workflowIds.promotion(environment, key),
    kind: 'promotion',
    taskQueue: taskQueues.control,
    input: { ...promotion },
    generation: promotion.generation,
  });
  await announcePromotion(trx, promotion, row, {
    step: 'requested',
    type: 'promotion.requested',
    actor: row.requested_by,
    data: { tag: row.tag },
  });
  return [startOf(promotion)];
}

/** The newest promotion of an artifact into an environment, whatever became of it. */
export function newestPromotion(trx: Trx, environment: string, key: ArtifactKey, isShared = false) {
  return trx
    .selectFrom('promotion')
    .select(['generation', 'state', 'tag', 'rollback', 'cancel', 'build_order'])
    .where('environment', '=', environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .orderBy('generation', 'desc')
    .limit(1)
    .$if(isShared, (query) => query.forShare())
    .executeTakeFirst();
}

/** One that is open under another tag may go live at this moment: then it was too early to see this one, which nobody would ask for again. */
async function lastToBeAskedFor(trx: Trx, { environment, key, row }: PromotionRequest) {
  const last = await newestPromotion(trx, environment, key);
  const mayMiss = last !== undefined && isOpen(last.state) && last.tag !== row.tag;
  return mayMiss ? newestPromotion(trx, environment, key, true) : last;
}

/** Of one that is open, and whose artifact was pushed again since: its tag is to name the newest build. */
async function pushedAnew(trx: Trx, key: PromotionKey, row: Pick<PromotionRow, 'tag' | 'build_order'>): Promise<void> {
  await trx
    .updateTable('promotion')
    .set({ build_order: row.build_order })
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('generation', '=', key.generation)
    .where('build_order', '<', row.build_order)
    // What went live meanwhile stays as its tag has it.
    .where('state', 'in', ['requested', 'waiting', 'reserved'])
    .where(sql<boolean>`tag is not distinct from ${row.tag}`)
    .execute();
}

/** Ways to end that nobody meant, or that are over: what ended so may be asked for again by itself. */
const PASSING: readonly PromotionRow['state'][] = ['denied', 'expired', 'undone', 'failed'];

/**
 * Somebody took it back, or refused it, or another build has its tag by now, and it was not pushed since: that it is judged again
 * asks nobody anew.
 */
function isOver(
  last: Pick<PromotionRow, 'state' | 'tag' | 'cancel' | 'build_order'>,
  row: Pick<PromotionRow, 'tag' | 'build_order'>,
): boolean {
  if (row.build_order > last.build_order) return false;
  const isTagGone = row.tag === null && last.tag !== null;
  if (PASSING.includes(last.state) && isTagGone) return true;
  // Under another tag it was in nobody's way.
  if (last.state === 'superseded') return isTagGone || row.tag === last.tag;
  return last.state === 'cancelled' || last.state === 'rejected' || last.cancel !== null;
}

/** Live, under a tag that may not come back to it by itself: what is judged again is not asked for, only to be refused. */
async function wasGoneBackFrom(trx: Trx, place: Place, { key, row }: PromotionRequest): Promise<boolean> {
  if (!(await isLiveAt(trx, place, key, null))) return false;
  const { environment, destination } = place;
  return (await channelRefusal(trx, { environment, digest: key.digest }, destination, row)) !== undefined;
}

/**
 * Where a build stands in the order of its repository's builds: its last push. A generation opened for another reason (a
 * new policy, a release) does not make an old build a new one. Undefined where the artifact is not known.
 */
export async function buildOrderOf(executor: Executor, key: ArtifactKey): Promise<number | undefined> {
  const result = await sql<{ build_order: number | null }>`
    select coalesce(max(build_order) filter (where cause in ('push', 'reconcile')), min(build_order)) as build_order
    from generation where repository = ${key.repository} and digest = ${key.digest}`.execute(executor);
  return result.rows[0]?.build_order ?? undefined;
}

/** The tag an artifact was pushed under last, of those that still name it. One promotion carries one tag. */
export async function newestTagOf(executor: Executor, key: ArtifactKey): Promise<string | null> {
  const row = await executor
    .selectFrom('tag')
    .select('tag')
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .orderBy('since', 'desc')
    .orderBy('tag')
    .limit(1)
    .executeTakeFirst();
  return row?.tag ?? null;
}
