/** The row of one promotion: read, locked, moved on, and announced in the same transaction. */
import { type Selectable, sql, type Transaction } from 'kysely';
import { subjectOf } from '../../domain/artifact/subject.ts';
import type { PromotionKey, WaitingFor } from '../../domain/promotion/promotion-book.ts';
import { PromotionError } from '../../domain/promotion/promotion-error.ts';
import { isOpen } from '../../domain/promotion/state.ts';
import type { Executor } from './database.ts';
import { newestDecision } from './newest-decision.ts';
import { appendOutbox } from './outbox.ts';
import { abandonClaim } from './placement-claims.ts';
import type { PromotionRowState } from './schema/promotion.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;
export type PromotionRow = Selectable<Schema['promotion']>;

/** States a promotion ends in without going live. */
export type PromotionEnd = Exclude<PromotionRowState, 'requested' | 'waiting' | 'reserved' | 'live'>;

const select = (executor: Executor, key: PromotionKey) =>
  executor
    .selectFrom('promotion')
    .selectAll()
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('generation', '=', key.generation);

const unknown = (key: PromotionKey) => () =>
  new PromotionError(
    'PROMOTION_UNKNOWN',
    `nobody asked for promotion ${key.generation} of ${subjectOf(key)} to ${key.environment}: "pratique promote" asks`,
  );

/** Throws a PromotionError where there is no such promotion. */
export async function readPromotionRow(executor: Executor, key: PromotionKey): Promise<PromotionRow> {
  return select(executor, key).executeTakeFirstOrThrow(unknown(key));
}

/**
 * Locked until the transaction ends, after epoch and fences: a decision that comes meanwhile waits, and finds what
 * became of it. Throws a PromotionError where there is no such promotion.
 */
export async function lockPromotion(trx: Trx, key: PromotionKey): Promise<PromotionRow> {
  return select(trx, key).forNoKeyUpdate().executeTakeFirstOrThrow(unknown(key));
}

export interface PromotionMove {
  readonly state: PromotionRowState;
  readonly reason: string;
  /** Of `waiting`; without it, it waits for nothing. */
  readonly waitingFor?: WaitingFor;
  readonly verdict?: { readonly id: number; readonly decision: string };
  /** From now; null ends the lease. */
  readonly leaseSeconds?: number | null;
}

/** Stays known, whatever is judged later: what was reserved keeps what it was reserved for. */
const decisionAtEnd = sql<string | null>`
  case when state in ('requested', 'waiting') then ${newestDecision} else decision_digest end`;

/** The row must be locked. */
export async function movePromotion(trx: Trx, key: PromotionKey, move: PromotionMove): Promise<void> {
  const { state, reason, waitingFor, verdict, leaseSeconds } = move;
  const lease =
    leaseSeconds === null ? null : sql<Date>`clock_timestamp() + make_interval(secs => ${leaseSeconds ?? 0})`;
  await trx
    .updateTable('promotion')
    .set({
      state,
      reason,
      waiting_for: waitingFor === undefined ? null : JSON.stringify(waitingFor),
      updated_at: sql<Date>`now()`,
      ...(verdict === undefined ? {} : { verdict: verdict.id, decision_digest: verdict.decision }),
      ...(leaseSeconds === undefined ? {} : { lease_expires_at: lease }),
      ...(isOpen(state) ? {} : { ended_at: sql<Date>`now()`, decision_digest: decisionAtEnd }),
    })
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('generation', '=', key.generation)
    .execute();
}

/** Since when people are waited for, and no longer a soak or another environment. The row must be locked. */
export async function recordAsked(trx: Trx, key: PromotionKey, at: Date): Promise<void> {
  await trx
    .updateTable('promotion')
    .set({ asked_at: at.toISOString() })
    .where('environment', '=', key.environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('generation', '=', key.generation)
    .execute();
}

export interface PromotionNote {
  /** Within the promotion: the same step is announced once. */
  readonly step: string;
  readonly type: string;
  readonly actor?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export async function announcePromotion(
  trx: Trx,
  key: PromotionKey,
  { trace }: Pick<PromotionRow, 'trace'>,
  note: PromotionNote,
): Promise<void> {
  await appendOutbox(trx, {
    subject: subjectOf(key),
    step: `promotion/${key.environment}/${key.generation}/${note.step}`,
    type: note.type,
    actor: note.actor ?? 'system',
    data: { environment: key.environment, generation: key.generation, ...note.data },
    trace,
  });
}

/** Ends a promotion, and its claim where it reserved one; one that has ended already stays as it is. */
export async function endPromotion(
  trx: Trx,
  key: PromotionKey,
  state: PromotionEnd,
  reason: string,
  actor?: string,
): Promise<void> {
  const row = await lockPromotion(trx, key);
  if (!isOpen(row.state)) return;
  if (row.state === 'reserved') await abandonClaim(trx, key);
  await movePromotion(trx, key, { state, reason, leaseSeconds: null });
  await announcePromotion(trx, key, row, {
    ...{ step: 'ended', type: `promotion.${state}`, data: { reason } },
    ...(actor === undefined ? {} : { actor }),
  });
}
