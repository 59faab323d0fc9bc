/** Reserving a place: every check in one transaction, under a lease that bounds the copy that follows. */
import { sql, type Transaction } from 'kysely';
import { environmentRepository, findEnvironment } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { PromotionKey, Reservation, Standing, WaitingFor } from '../../domain/promotion/promotion-book.ts';
import { isOpen } from '../../domain/promotion/state.ts';
import { type Database, retried, transact } from './database.ts';
import { findBlocker } from './fence.ts';
import { abandonClaim, claimPlacement, findClaim, hasLeftBehind } from './placement-claims.ts';
import { type Check, LEASE_RAN_OUT, lockAndCheck } from './promotion-checks.ts';
import {
  announcePromotion,
  endPromotion,
  movePromotion,
  type PromotionRow,
  readPromotionRow,
} from './promotion-row.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

export function reservePromotion(
  db: Database,
  policy: Policy,
  key: PromotionKey,
  leaseSeconds: number,
): Promise<Reservation> {
  return transact(db, async (trx): Promise<Reservation> => {
    const { row, check } = await lockAndCheck(trx, policy, key, ({ state }) => isOpen(state));
    switch (check?.outcome) {
      case undefined:
        return withLeftBehind(trx, key, endedAs(row));
      case 'stale':
        return check;
      case 'ended':
        await endPromotion(trx, key, check.state, check.reason);
        return withLeftBehind(trx, key, check);
      case 'waiting': {
        const { waitingFor, ...waiting } = check;
        await wait(trx, key, row, waiting, waitingFor);
        return withLeftBehind(trx, key, waiting);
      }
      case 'clear':
        return (
          (await leaveOtherPlace(trx, key, row, check.destination)) ?? admit(trx, policy, key, row, check, leaseSeconds)
        );
    }
  });
}

async function withLeftBehind(
  trx: Trx,
  key: PromotionKey,
  found: Extract<Reservation, { outcome: 'ended' | 'waiting' }>,
): Promise<Reservation> {
  if (found.outcome === 'ended' && found.state === 'live') return found;
  return (await hasLeftBehind(trx, key)) ? { ...found, leftBehind: true } : found;
}

async function wait(
  trx: Trx,
  key: PromotionKey,
  row: PromotionRow,
  { for: what, reason }: Extract<Reservation, { outcome: 'waiting' }>,
  waitingFor: WaitingFor,
): Promise<void> {
  if (row.state === 'waiting' && row.reason === reason && row.waiting_for !== null) return;
  // A reservation nobody acted on yet, looked at again.
  if (row.state === 'reserved') await abandonClaim(trx, key);
  await movePromotion(trx, key, { state: 'waiting', reason, waitingFor, leaseSeconds: null });
  await announcePromotion(trx, key, row, {
    step: `waiting/${what}/${reason.slice(0, 80)}`,
    type: 'promotion.waiting',
    data: { for: what, reason },
  });
}

/** Where the policy had the environment when it reserved before: what a lost run made there is undone before it goes elsewhere. */
async function leaveOtherPlace(
  trx: Trx,
  key: PromotionKey,
  row: PromotionRow,
  destination: string,
): Promise<Reservation | undefined> {
  const claim = await findClaim(trx, key);
  if (claim === undefined || claim.destination === destination) return undefined;
  if (!claim.isReleased) await abandonClaim(trx, key);
  if (!(await hasLeftBehind(trx, key))) return undefined;
  const reason = `${key.environment} is at ${destination} by now: what was copied to ${claim.destination} is taken back first`;
  // No longer reserved: undoing what was there ends nothing.
  if (row.state === 'reserved') await movePromotion(trx, key, { state: 'waiting', reason, leaseSeconds: null });
  return { outcome: 'stale', reason, leftBehind: true };
}

async function admit(
  trx: Trx,
  policy: Policy,
  key: PromotionKey,
  row: PromotionRow,
  { destination, verdict, approvedBy }: Extract<Check, { outcome: 'clear' }>,
  leaseSeconds: number,
): Promise<Reservation> {
  const decision = verdict.body.decisionDigest;
  await movePromotion(trx, key, { state: 'reserved', reason: '', verdict: { id: verdict.id, decision }, leaseSeconds });
  await claimPlacement(trx, key, destination);
  await announcePromotion(trx, key, row, {
    step: 'reserved',
    type: 'promotion.reserved',
    data: { verdict: verdict.id, decision, approvedBy },
  });
  return {
    outcome: 'reserved',
    source: sourceRepository(policy, key),
    destination,
    tag: row.tag ?? undefined,
    verdict: verdict.id,
    admittedBy: verdict.body.outcome === 'pass' ? 'pass' : 'audit',
  };
}

function endedAs({ state, reason }: PromotionRow): Extract<Reservation, { outcome: 'ended' }> {
  switch (state) {
    case 'live':
    case 'denied':
    case 'rejected':
    case 'expired':
    case 'superseded':
    case 'quarantined':
    case 'cancelled':
      return { outcome: 'ended', state, reason };
    case 'requested':
    case 'waiting':
    case 'reserved':
    case 'undone':
    case 'failed':
      return { outcome: 'ended', state: 'superseded', reason: reason || `ended as ${state}` };
  }
}

/** Copied from the environment before, or, for the first ones, from where it was pushed. */
export function sourceRepository(policy: Policy, key: PromotionKey): string {
  const previous = findEnvironment(policy, key.environment)?.after[0];
  return previous === undefined ? key.repository : environmentRepository(policy, previous, key.repository);
}

/**
 * Shares the epoch: an incident that is opening decides first, so that no lease grows after its quarantine has looked at
 * how long it must wait.
 */
export async function extendLease(db: Database, key: PromotionKey, leaseSeconds: number): Promise<Standing> {
  // One call: each statement of a function that is volatile sees what was committed before it began, as in a transaction.
  const { environment, repository, digest, generation } = key;
  const extended = await retried(() =>
    sql<{ stands: boolean }>`
      select extend_promotion_lease(${environment}, ${repository}, ${digest}, ${generation}, ${leaseSeconds})
        and not exists (select from promotion where environment = ${environment} and repository = ${repository}
          and digest = ${digest} and generation = ${generation} and cancel is not null) as stands`.execute(db),
  );
  if (extended.rows[0]?.stands === true) return { outcome: 'stands' };
  return transact(db, async (trx): Promise<Standing> => ({ outcome: 'refused', ...(await whatBecameOf(trx, key)) }));
}

async function whatBecameOf(
  trx: Trx,
  key: PromotionKey,
): Promise<Omit<Extract<Standing, { state: string }>, 'outcome'>> {
  const blocker = await findBlocker(trx, key.digest);
  const { state, reason, cancel } = await readPromotionRow(trx, key);
  if (state === 'quarantined') return { state, reason };
  if (blocker !== undefined) return { state: 'quarantined', reason: blocker.reason };
  if (state === 'reserved') return { state: 'cancelled', reason: cancel ?? LEASE_RAN_OUT };
  return { state: 'cancelled', reason: `the promotion is ${state}${reason === '' ? '' : `: ${reason}`}` };
}
