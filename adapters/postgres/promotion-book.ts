/** Promotions in Postgres: every transition is one transaction under the locks of docs/guarantees.md. */
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type ArtifactKey, subjectOf, taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import {
  environmentRepository,
  findEnvironment,
  firstEnvironments,
  nextEnvironments,
} from '../../domain/policy/environments.ts';
import { evaluateApprovals } from '../../domain/policy/evaluate-approvals.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { mayMoveTag } from '../../domain/promotion/channel.ts';
import type {
  GoLive,
  PromotionBook,
  PromotionKey,
  PromotionStart,
  Reservation,
} from '../../domain/promotion/promotion-book.ts';
import type { DecisionOutcome } from '../../domain/promotion/promotion-desk.ts';
import { type Database, transact } from './database.ts';
import { appendOutbox } from './outbox.ts';
import type { PolicyStore } from './policy-store.ts';
import { approvalsFor, checkPromotion, committersOf, type PromotionRow } from './promotion-checks.ts';
import type { PromotionRowState, Schema } from './schema.ts';
import { requestWorkflow } from './workflow-request.ts';

type Trx = Transaction<Schema>;

export function createPromotionBook(db: Database, policies: PolicyStore): PromotionBook {
  return {
    reserve: async (key, leaseSeconds) => reserve(db, await policies.current(), key, leaseSeconds),
    extendLease: (key, leaseSeconds) => extendLease(db, key, leaseSeconds),
    recordCreated: async (key, created) => recordCreated(db, await policies.current(), key, created),
    mayMoveTag: async (key) => mayClaimMoveTag(db, await policies.current(), key),
    goLive: async (key) => goLive(db, await policies.current(), key),
    releaseClaim: async (key, end) => releaseClaim(db, await policies.current(), key, end),
    end: (key, end) => transact(db, (trx) => finish(trx, key, end.state, end.reason)),
    decide: async (key, decision) => decide(db, await policies.current(), key, decision),
    remind: (key, count) =>
      transact(db, async (trx) => {
        const row = await lockRow(trx, key);
        await announce(trx, key, row, `reminded/${count}`, 'promotion.reminded', 'system', { count });
      }),
    requestFirst: async (key, pipelineGeneration) =>
      requestFirst(db, await policies.current(), key, pipelineGeneration),
    route: async (key) => route(db, await policies.current(), key),
  };
}

const rowOf = (trx: Trx | Database, key: PromotionKey) =>
  trx
    .selectFrom('promotion')
    .selectAll()
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('generation', '=', key.generation);

async function lockRow(trx: Trx, key: PromotionKey) {
  return rowOf(trx, key).forNoKeyUpdate().executeTakeFirstOrThrow();
}

const claimOf = (key: PromotionKey) => `${workflowIds.promotion(key.environment, key)}#${key.generation}`;

async function setState(
  trx: Trx,
  key: PromotionKey,
  change: {
    state: PromotionRowState;
    reason: string;
    verdict?: number;
    decision?: string;
    leaseSeconds?: number | null;
  },
): Promise<void> {
  const isEnd = !['requested', 'waiting', 'reserved'].includes(change.state);
  await trx
    .updateTable('promotion')
    .set({
      state: change.state,
      reason: change.reason,
      updated_at: sql<Date>`now()`,
      ...(change.verdict === undefined ? {} : { verdict: change.verdict }),
      ...(change.decision === undefined ? {} : { decision_digest: change.decision }),
      ...(change.leaseSeconds === undefined
        ? {}
        : {
            lease_expires_at:
              change.leaseSeconds === null ? null : sql<Date>`now() + make_interval(secs => ${change.leaseSeconds})`,
          }),
      ...(isEnd ? { ended_at: sql<Date>`now()` } : {}),
    })
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('generation', '=', key.generation)
    .execute();
}

async function announce(
  trx: Trx,
  key: PromotionKey,
  row: { trace: string | null },
  step: string,
  type: string,
  actor: string,
  data: Record<string, unknown>,
): Promise<void> {
  await appendOutbox(trx, {
    subject: subjectOf(key),
    step: `promotion/${key.environment}/${key.generation}/${step}`,
    type,
    actor,
    data: { environment: key.environment, generation: key.generation, ...data },
    trace: row.trace,
  });
}

function reserve(db: Database, policy: Policy, key: PromotionKey, leaseSeconds: number): Promise<Reservation> {
  return transact(db, async (trx): Promise<Reservation> => {
    const found = await rowOf(trx, key).executeTakeFirstOrThrow();
    if (isEnded(found.state)) return endedAs(found.state, found.reason);
    const check = await checkPromotion(trx, policy, key, found, new Date());
    const row = await lockRow(trx, key);
    if (isEnded(row.state)) return endedAs(row.state, row.reason);
    switch (check.outcome) {
      case 'stale':
        return check;
      case 'ended':
        await finish(trx, key, check.state === 'live' ? 'failed' : check.state, check.reason);
        return check;
      case 'waiting':
        if (row.state !== 'waiting' || row.reason !== check.reason) {
          await setState(trx, key, { state: 'waiting', reason: check.reason });
          await announce(
            trx,
            key,
            row,
            `waiting/${check.for}/${check.reason.slice(0, 80)}`,
            'promotion.waiting',
            'system',
            { for: check.for, reason: check.reason },
          );
        }
        return check;
      case 'clear': {
        const destination = environmentRepository(policy, key.environment, key.repository);
        await setState(trx, key, {
          state: 'reserved',
          reason: '',
          verdict: check.verdict.id,
          decision: check.verdict.body.decisionDigest,
          leaseSeconds,
        });
        await trx
          .insertInto('placement')
          .values({ environment: key.environment, destination, digest: key.digest, state: 'reserved' })
          .onConflict((conflict) =>
            conflict
              .columns(['environment', 'destination', 'digest'])
              .doUpdateSet({ state: 'reserved', since: sql<Date>`now()` })
              .where('placement.state', '=', 'removed'),
          )
          .execute();
        await trx
          .insertInto('placement_claim')
          .values({ environment: key.environment, destination, digest: key.digest, claim: claimOf(key), created: '[]' })
          .onConflict((conflict) => conflict.columns(['environment', 'destination', 'digest', 'claim']).doNothing())
          .execute();
        await announce(trx, key, row, 'reserved', 'promotion.reserved', 'system', {
          verdict: check.verdict.id,
          decision: check.verdict.body.decisionDigest,
          approvedBy: check.approvals?.counted ?? [],
        });
        return {
          outcome: 'reserved',
          source: sourceRepository(policy, key),
          destination,
          tag: row.tag ?? undefined,
          verdict: check.verdict.id,
          admittedBy: check.verdict.body.outcome === 'pass' ? 'pass' : 'audit',
        };
      }
    }
  });
}

function isEnded(state: PromotionRowState): boolean {
  return state !== 'requested' && state !== 'waiting' && state !== 'reserved';
}

function endedAs(state: PromotionRowState, reason: string): Reservation {
  switch (state) {
    case 'live':
    case 'denied':
    case 'rejected':
    case 'expired':
    case 'superseded':
    case 'quarantined':
      return { outcome: 'ended', state, reason };
    default:
      return { outcome: 'ended', state: 'superseded', reason: reason || `ended as ${state}` };
  }
}

/** Copied from the environment before, or, for the first ones, from where it was pushed. */
function sourceRepository(policy: Policy, key: PromotionKey): string {
  const previous = findEnvironment(policy, key.environment)?.after[0];
  return previous === undefined ? key.repository : environmentRepository(policy, previous, key.repository);
}

async function extendLease(db: Database, key: PromotionKey, leaseSeconds: number): Promise<boolean> {
  const result = await sql`
    update promotion set lease_expires_at = now() + make_interval(secs => ${leaseSeconds})
    where environment = ${key.environment} and repository = ${key.repository} and digest = ${key.digest} and generation = ${key.generation}
      and state = 'reserved' and lease_expires_at > now()
      and not exists (select 1 from artifact_fence f where f.digest = ${key.digest} and f.state = 'fenced')
    returning 1`.execute(db);
  return result.rows.length === 1;
}

async function recordCreated(
  db: Database,
  policy: Policy,
  key: PromotionKey,
  created: readonly Digest[],
): Promise<void> {
  const destination = environmentRepository(policy, key.environment, key.repository);
  await sql`
    update placement_claim set created = (select jsonb_agg(distinct d) from jsonb_array_elements_text(created || ${JSON.stringify(created)}::jsonb) as d)
    where environment = ${key.environment} and destination = ${destination} and digest = ${key.digest} and claim = ${claimOf(key)}
      and ${created.length > 0}`.execute(db);
}

async function channelRow(executor: Trx | Database, policy: Policy, key: PromotionKey, tag: string) {
  return executor
    .selectFrom('channel')
    .select(['digest', 'build_order'])
    .where('environment', '=', key.environment)
    .where('destination', '=', environmentRepository(policy, key.environment, key.repository))
    .where('tag', '=', tag)
    .executeTakeFirst();
}

async function mayClaimMoveTag(db: Database, policy: Policy, key: PromotionKey): Promise<boolean> {
  const row = await rowOf(db, key).executeTakeFirstOrThrow();
  if (row.tag === null || row.state !== 'reserved') return false;
  const channel = await channelRow(db, policy, key, row.tag);
  return (
    channel === undefined ||
    channel.digest === key.digest ||
    mayMoveTag(channel.build_order, row.build_order, row.rollback).allowed
  );
}

function goLive(db: Database, policy: Policy, key: PromotionKey): Promise<GoLive> {
  return transact(db, async (trx): Promise<GoLive> => {
    const found = await rowOf(trx, key).executeTakeFirstOrThrow();
    if (found.state === 'live') return { outcome: 'live', next: await requestedNext(trx, policy, key) };
    if (found.state !== 'reserved')
      return {
        outcome: 'refused',
        state: found.state === 'quarantined' ? 'quarantined' : 'cancelled',
        reason: found.reason,
      };
    const check = await checkPromotion(trx, policy, key, found, new Date());
    const row = await lockRow(trx, key);
    if (row.state !== 'reserved') return { outcome: 'refused', state: 'cancelled', reason: row.reason };
    if (row.lease_expires_at === null || row.lease_expires_at.getTime() < Date.now())
      return { outcome: 'refused', state: 'cancelled', reason: 'the lease ran out before the copy was finished' };
    if (check.outcome !== 'clear') {
      const state =
        check.outcome === 'ended' && (check.state === 'quarantined' || check.state === 'superseded')
          ? check.state
          : 'denied';
      return { outcome: 'refused', state, reason: check.reason };
    }
    const destination = environmentRepository(policy, key.environment, key.repository);
    await trx
      .updateTable('placement')
      .set({ state: 'live', since: sql<Date>`case when state = 'live' then since else now() end` })
      .where('environment', '=', key.environment)
      .where('destination', '=', destination)
      .where('digest', '=', key.digest)
      .execute();
    if (row.tag !== null)
      await trx
        .insertInto('channel')
        .values({
          environment: key.environment,
          destination,
          tag: row.tag,
          digest: key.digest,
          build_order: row.build_order,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['environment', 'destination', 'tag'])
            .doUpdateSet({ digest: key.digest, build_order: row.build_order, moved_at: sql<Date>`now()` }),
        )
        .execute();
    await setState(trx, key, { state: 'live', reason: '', leaseSeconds: null });
    await announce(trx, key, row, 'live', 'promotion.live', 'system', {
      destination,
      tag: row.tag,
      approvedBy: check.approvals?.counted ?? [],
    });
    await supersedeOlder(trx, key, row);
    const next: PromotionStart[] = [];
    for (const environment of nextEnvironments(policy, key.environment))
      next.push(
        ...(await requestPromotion(trx, {
          environment: environment.name,
          key,
          row: { ...row, requested_by: 'system', rollback: row.rollback },
        })),
      );
    return { outcome: 'live', next };
  });
}

async function requestedNext(trx: Trx, policy: Policy, key: PromotionKey): Promise<PromotionStart[]> {
  const rows = await trx
    .selectFrom('promotion')
    .select(['environment', 'generation'])
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('state', '=', 'requested')
    .where(
      'environment',
      'in',
      nextEnvironments(policy, key.environment)
        .map(({ name }) => name)
        .concat(''),
    )
    .execute();
  return rows.map((row) => startOf({ ...key, environment: row.environment, generation: row.generation }));
}

/** Older promotions of the same channel that still wait are ended visibly: the newer build is there. */
async function supersedeOlder(trx: Trx, key: PromotionKey, row: PromotionRow): Promise<void> {
  if (row.tag === null) return;
  const older = await trx
    .selectFrom('promotion')
    .select(['digest', 'generation', 'trace'])
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('tag', '=', row.tag)
    .where('digest', '<>', key.digest)
    .where('state', 'in', ['requested', 'waiting'])
    .where('build_order', '<', row.build_order)
    .where('rollback', '=', false)
    .execute();
  for (const old of older)
    await finish(
      trx,
      { ...key, digest: old.digest as Digest, generation: old.generation },
      'superseded',
      `a newer build (${key.digest}) is live under ${row.tag}`,
    );
}

function startOf(key: PromotionKey): PromotionStart {
  return {
    key: { environment: key.environment, repository: key.repository, digest: key.digest, generation: key.generation },
    workflowId: workflowIds.promotion(key.environment, key),
  };
}

/** Makes the row and the request to start its workflow; nothing where one is open or it is live already. */
export async function requestPromotion(
  trx: Trx,
  request: {
    environment: string;
    key: ArtifactKey;
    row: Pick<PromotionRow, 'tag' | 'build_order' | 'rollback' | 'requested_by' | 'trace'>;
  },
): Promise<PromotionStart[]> {
  const { environment, key, row } = request;
  const last = await trx
    .selectFrom('promotion')
    .select(['generation', 'state'])
    .where('environment', '=', environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last !== undefined && !isEnded(last.state)) return [];
  if (last?.state === 'live' && (await isPlaced(trx, environment, key, row.tag))) return [];
  const promotion: PromotionKey = {
    environment,
    repository: key.repository,
    digest: key.digest,
    generation: (last?.generation ?? 0) + 1,
  };
  await trx
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
    .execute();
  await requestWorkflow(trx, {
    id: workflowIds.promotion(environment, key),
    kind: 'promotion',
    taskQueue: taskQueues.control,
    input: { ...promotion },
    generation: promotion.generation,
  });
  await announce(trx, promotion, row, 'requested', 'promotion.requested', row.requested_by, { tag: row.tag });
  return [startOf(promotion)];
}

/** Live under the same tag already: a new promotion would change nothing. */
async function isPlaced(trx: Trx, environment: string, key: ArtifactKey, tag: string | null): Promise<boolean> {
  const result = await sql`
    select 1 from placement p where p.environment = ${environment} and p.digest = ${key.digest} and p.state = 'live'
      and (${tag}::text is null or exists (
        select 1 from channel c where c.environment = p.environment and c.destination = p.destination and c.tag = ${tag} and c.digest = p.digest))`.execute(
    trx,
  );
  return result.rows.length > 0;
}

function requestFirst(
  db: Database,
  policy: Policy,
  key: ArtifactKey,
  pipelineGeneration: number,
): Promise<readonly PromotionStart[]> {
  return transact(db, async (trx) => {
    const generation = await trx
      .selectFrom('generation')
      .select(['build_order', 'trace'])
      .where('repository', '=', key.repository)
      .where('digest', '=', key.digest)
      .where('generation', '=', pipelineGeneration)
      .executeTakeFirstOrThrow();
    const tag = await trx
      .selectFrom('tag')
      .select('tag')
      .where('repository', '=', key.repository)
      .where('digest', '=', key.digest)
      .orderBy('since', 'desc')
      .limit(1)
      .executeTakeFirst();
    const row = {
      tag: tag?.tag ?? null,
      build_order: generation.build_order,
      rollback: false,
      requested_by: 'system',
      trace: generation.trace,
    };
    const starts: PromotionStart[] = [];
    for (const environment of firstEnvironments(policy))
      starts.push(...(await requestPromotion(trx, { environment: environment.name, key, row })));
    return starts;
  });
}

function releaseClaim(
  db: Database,
  policy: Policy,
  key: PromotionKey,
  end: { state: 'undone' | 'failed' | 'quarantined' | 'superseded' | 'denied'; reason: string },
): Promise<{ destination: string; remove: readonly Digest[] }> {
  return transact(db, async (trx) => {
    const destination = environmentRepository(policy, key.environment, key.repository);
    const row = await lockRow(trx, key);
    const at = { environment: key.environment, destination, digest: key.digest };
    const placement = await trx
      .selectFrom('placement')
      .select('state')
      .where('environment', '=', at.environment)
      .where('destination', '=', at.destination)
      .where('digest', '=', at.digest)
      .forNoKeyUpdate()
      .executeTakeFirst();
    const claim = await trx
      .deleteFrom('placement_claim')
      .where('environment', '=', at.environment)
      .where('destination', '=', at.destination)
      .where('digest', '=', at.digest)
      .where('claim', '=', claimOf(key))
      .returning('created')
      .executeTakeFirst();
    const others = await trx
      .selectFrom('placement_claim')
      .select('claim')
      .where('environment', '=', at.environment)
      .where('destination', '=', at.destination)
      .where('digest', '=', at.digest)
      .executeTakeFirst();
    const isAlone = others === undefined;
    if (placement !== undefined && isAlone)
      await trx
        .updateTable('placement')
        .set({ state: 'removed', since: sql<Date>`now()` })
        .where('environment', '=', at.environment)
        .where('destination', '=', at.destination)
        .where('digest', '=', at.digest)
        .execute();
    if (row.state === 'reserved') {
      await setState(trx, key, { state: end.state, reason: end.reason, leaseSeconds: null });
      await announce(trx, key, row, 'undone', `promotion.${end.state}`, 'system', { reason: end.reason });
    }
    return { destination, remove: isAlone ? (claim?.created ?? []).map((digest) => digest as Digest) : [] };
  });
}

async function finish(
  trx: Trx,
  key: PromotionKey,
  state: Exclude<PromotionRowState, 'requested' | 'waiting' | 'reserved' | 'live'>,
  reason: string,
): Promise<void> {
  const row = await lockRow(trx, key);
  if (isEnded(row.state)) return;
  await setState(trx, key, { state, reason, leaseSeconds: null });
  await announce(trx, key, row, `ended`, `promotion.${state}`, 'system', { reason });
}

function decide(
  db: Database,
  policy: Policy,
  key: PromotionKey,
  { verb, reason, decider }: Parameters<PromotionBook['decide']>[1],
): Promise<DecisionOutcome> {
  return transact(db, async (trx): Promise<DecisionOutcome> => {
    const row = await lockRow(trx, key);
    if (row.state !== 'requested' && row.state !== 'waiting')
      return { outcome: 'refused', reason: `the promotion is ${row.state}: there is nothing to decide` };
    const rule = findEnvironment(policy, key.environment)?.approvals;
    if (rule === undefined) return { outcome: 'refused', reason: `${key.environment} asks nobody: it is automatic` };
    const verdict = await trx
      .selectFrom('verdict')
      .select(['decision_digest'])
      .where('repository', '=', key.repository)
      .where('digest', '=', key.digest)
      .where('environment', '=', key.environment)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (verdict === undefined)
      return { outcome: 'refused', reason: 'there is no verdict yet: wait until the artifact was judged' };
    const at = new Date().toISOString();
    const question = {
      decisionDigest: verdict.decision_digest,
      approvals: [
        {
          principal: decider.principal,
          groups: decider.groups,
          verb,
          reason,
          decisionDigest: verdict.decision_digest,
          at,
        },
      ],
      committers: await committersOf(trx, key.digest),
      builders: [],
      ...(row.requested_by === 'system' ? {} : { requestedBy: row.requested_by }),
      requestedAt: row.requested_at.toISOString(),
      now: at,
    };
    const alone = evaluateApprovals({ ...rule, required: 1 }, question);
    const refusal = alone.refused[0];
    if (verb === 'approve' && refusal !== undefined) {
      await announce(
        trx,
        key,
        row,
        `refused/${decider.principal}/${at}`,
        'promotion.approval-refused',
        decider.principal,
        { reason: refusal.why },
      );
      return { outcome: 'refused', reason: `${decider.principal} ${refusal.why}` };
    }
    await trx
      .insertInto('approval')
      .values({
        environment: key.environment,
        repository: key.repository,
        digest: key.digest,
        decision_digest: verdict.decision_digest,
        principal: decider.principal,
        groups: JSON.stringify(decider.groups),
        verb,
        reason,
        at,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['environment', 'repository', 'digest', 'decision_digest', 'principal'])
          .doUpdateSet({ verb, reason, at }),
      )
      .execute();
    await announce(
      trx,
      key,
      row,
      `decided/${decider.principal}/${verdict.decision_digest}/${verb}`,
      verb === 'approve' ? 'promotion.approved' : 'promotion.rejection',
      decider.principal,
      { reason, decision: verdict.decision_digest },
    );
    const now = evaluateApprovals(rule, { ...question, approvals: await approvalsFor(trx, key) });
    return { outcome: 'counted', state: now.state, reason: now.reason };
  });
}

async function route(db: Database, policy: Policy, key: PromotionKey) {
  const artifact = await db
    .selectFrom('artifact')
    .select(['media_type', 'size'])
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .executeTakeFirstOrThrow();
  const row = await rowOf(db, key).executeTakeFirstOrThrow();
  return {
    source: sourceRepository(policy, key),
    destination: environmentRepository(policy, key.environment, key.repository),
    tag: row.tag ?? undefined,
    mediaType: artifact.media_type ?? '',
    size: artifact.size ?? 0,
  };
}
