/** What nobody has to ask for: where an artifact that was judged, or went live, goes by itself. In the caller's transaction. */
import { sql, type Transaction } from 'kysely';
import { type ArtifactKey, subjectOf, workflowIds } from '../../domain/artifact/subject.ts';
import { findEnvironment, nextEnvironments } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { PromotionKey, PromotionStart } from '../../domain/promotion/promotion-book.ts';
import { type Database, transact } from './database.ts';
import { isLiveAt, leftElsewhere } from './live-place.ts';
import { channelRefusal } from './promotion-channel.ts';
import type { PromotionRow } from './promotion-row.ts';
import {
  buildOrderOf,
  newestPromotion,
  newestTagOf,
  type PromotionRequest,
  placeIn,
  requestPromotion,
  startOf,
} from './request-promotion.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

/**
 * Into the environments that wait for no other, or where those are passed already, into what comes after; and into those that have
 * another place than the one where it is live.
 */
export function requestFirst(
  db: Database,
  policy: Policy,
  key: ArtifactKey,
  pipelineGeneration: number,
): Promise<readonly PromotionStart[]> {
  return transact(db, async (trx) => {
    if (await wasOnlyImported(trx, key)) return [];
    const { build_order, trace } = await trx
      .selectFrom('generation')
      .select(['build_order', 'trace'])
      .where('repository', '=', key.repository)
      .where('digest', '=', key.digest)
      .where('generation', '=', pipelineGeneration)
      .executeTakeFirstOrThrow();
    const row = {
      tag: await newestTagOf(trx, key),
      build_order: (await buildOrderOf(trx, key)) ?? build_order,
      rollback: false,
      requested_by: 'system',
      trace,
    };
    const starts: PromotionStart[] = [];
    for (const { name: environment, after } of policy.document.environments) {
      const left = await leftElsewhere(trx, placeIn(policy, environment, key), key, row.tag);
      // As it was there: a tag that somebody took back from it stays where it is.
      if (left !== undefined)
        starts.push(...(await requestPromotion(trx, policy, { environment, key, row: { ...row, ...left } })));
      else if (after.length === 0) starts.push(...(await requestInto(trx, policy, { environment, key, row }, true)));
    }
    return starts;
  });
}

/** Brought in because it runs already, and never pushed or built here: nobody asked for it to go anywhere. */
async function wasOnlyImported(trx: Trx, key: ArtifactKey): Promise<boolean> {
  const { rows } = await sql<{ only: boolean }>`
    select exists (select from generation where repository = ${key.repository} and digest = ${key.digest} and cause = 'import')
      and not exists (select from generation where repository = ${key.repository} and digest = ${key.digest}
        and cause in ('push', 'reconcile', 'build', 'rebuild'))
      -- One that joined a run has no generation of its own.
      and not exists (select from intake where subject = ${subjectOf(key)} and outcome <> 'dropped'
        and reason in ('push', 'reconcile', 'build', 'rebuild')) as only`.execute(trx);
  return rows[0]?.only === true;
}

/**
 * Into an environment that is asked for, or, where it is not, is to be once more; where it is live there under its tag, into those
 * that come after.
 */
async function requestInto(
  trx: Trx,
  policy: Policy,
  request: PromotionRequest,
  isAsked: boolean,
): Promise<PromotionStart[]> {
  const { environment, key } = request;
  if (!(await isLiveAt(trx, placeIn(policy, environment, key), key, request.row.tag)))
    return isAsked || (await isDueAgain(trx, policy, request)) ? requestPromotion(trx, policy, request) : [];
  const starts: PromotionStart[] = [];
  for (const { name } of nextEnvironments(policy, environment))
    starts.push(...(await requestInto(trx, policy, { ...request, environment: name }, false)));
  return starts;
}

/**
 * Where it was asked for before, and its way there is passed already: it was pushed since, which takes back whatever ended it; or
 * what denied it, or an incident that ended it or took it out there, is no more, and no newer build has its tag.
 */
async function isDueAgain(trx: Trx, policy: Policy, { environment, key, row }: PromotionRequest): Promise<boolean> {
  const last = await newestPromotion(trx, environment, key);
  if (last === undefined) return false;
  if (row.build_order > last.build_order) return true;
  const { destination } = placeIn(policy, environment, key);
  const { rows } = await sql<{ over: boolean }>`
    select coalesce((
        select v.admitted from verdict v
        where v.repository = ${key.repository} and v.digest = ${key.digest} and v.environment = ${environment}
        order by v.evaluated_at desc, v.id desc limit 1), false)
      and (${last.state} in ('denied', 'quarantined') or (${last.state} = 'live' and exists (select from placement p
        where p.environment = ${environment} and p.destination = ${destination} and p.digest = ${key.digest} and p.state = 'removed')))
      and not exists (select from artifact_fence f where f.digest = ${key.digest} and f.state = 'fenced')
      and not exists (select from deny_entry d where d.digest = ${key.digest}) as over`.execute(trx);
  if (rows[0]?.over !== true) return false;
  return (await channelRefusal(trx, { environment, digest: key.digest }, destination, row)) === undefined;
}

/** What follows where it went live just now. A rollback was asked for in one environment: it goes nowhere else by itself. */
export async function requestOnward(
  trx: Trx,
  policy: Policy,
  key: PromotionKey,
  row: PromotionRow,
): Promise<PromotionStart[]> {
  if (row.rollback) return [];
  const next = await requestNext(trx, policy, key, row);
  return [...next, ...(await requestMissedTag(trx, policy, key, row))];
}

/** Into every environment that waits for this one. */
async function requestNext(trx: Trx, policy: Policy, key: PromotionKey, row: PromotionRow): Promise<PromotionStart[]> {
  const starts: PromotionStart[] = [];
  for (const { name } of nextEnvironments(policy, key.environment))
    starts.push(
      ...(await requestInto(trx, policy, { environment: name, key, row: { ...row, requested_by: 'system' } }, true)),
    );
  return starts;
}

/**
 * Once more into the environment where it went live just now, under another tag that it got while it was on its way there: one
 * promotion carries one tag. Only one that it has in every environment before, and that nobody asked for there since it was pushed.
 */
async function requestMissedTag(
  trx: Trx,
  policy: Policy,
  key: PromotionKey,
  row: PromotionRow,
): Promise<PromotionStart[]> {
  const { environment, repository, digest } = key;
  const before = (findEnvironment(policy, environment)?.after ?? []).map((name) => placeIn(policy, name, key));
  const { rows } = await sql<{ tag: string }>`
    select t.tag from tag t where t.repository = ${repository} and t.digest = ${digest}
      and not exists (select from promotion p where p.environment = ${environment} and p.repository = t.repository
        and p.digest = t.digest and p.tag = t.tag and p.requested_at >= t.since)
      and not exists (
        select from jsonb_to_recordset(${JSON.stringify(before)}::jsonb) as b(environment text, destination text)
        where not exists (select from channel c where c.environment = b.environment and c.destination = b.destination
          and c.tag = t.tag and c.digest = t.digest))
    order by t.since, t.tag`.execute(trx);
  if (rows.length === 0) return [];
  const build_order = (await buildOrderOf(trx, key)) ?? row.build_order;
  for (const { tag } of rows) {
    const asked = { ...row, tag, build_order, requested_by: 'system' };
    const starts = await requestPromotion(trx, policy, { environment, key: { repository, digest }, row: asked });
    if (starts.length > 0) return starts;
  }
  return [];
}

/** Workflows of promotions that are open where this one comes before: they may have waited for it. */
export async function openNext(trx: Trx, policy: Policy, key: Omit<PromotionKey, 'generation'>): Promise<string[]> {
  const next = nextEnvironments(policy, key.environment).map(({ name }) => name);
  if (next.length === 0) return [];
  const rows = await trx
    .selectFrom('promotion')
    .select('environment')
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('state', 'in', ['requested', 'waiting'])
    .where('environment', 'in', next)
    .orderBy('environment')
    .execute();
  return rows.map(({ environment }) => workflowIds.promotion(environment, key));
}

/** What was requested when this one went live: a go-live that is tried again starts the same. */
export async function requestedNext(trx: Trx, policy: Policy, key: PromotionKey): Promise<PromotionStart[]> {
  const next = nextEnvironments(policy, key.environment).map(({ name }) => name);
  if (next.length === 0) return [];
  const rows = await trx
    .selectFrom('promotion')
    .select(['environment', 'generation'])
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('state', '=', 'requested')
    .where('environment', 'in', next)
    .execute();
  return rows.map((row) => startOf({ ...key, ...row }));
}
