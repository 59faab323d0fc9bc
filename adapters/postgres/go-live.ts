/** The second transaction of a promotion: what was copied is in the environment, or is taken back. */
import { sql, type Transaction } from 'kysely';
import { laterEnvironments } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { GoLive, PromotionBook, PromotionKey } from '../../domain/promotion/promotion-book.ts';
import { type Database, transact } from './database.ts';
import { forgetGone } from './gone-places.ts';
import { isOnlyImported } from './grandfathered.ts';
import { abandonClaim, findClaim } from './placement-claims.ts';
import { endLeft, moveChannel, supersedeOlder } from './promotion-channel.ts';
import { type Check, holdsLease, LEASE_RAN_OUT, lockAndCheck } from './promotion-checks.ts';
import {
  announcePromotion,
  lockPromotion,
  movePromotion,
  type PromotionMove,
  type PromotionRow,
} from './promotion-row.ts';
import { openNext, requestedNext, requestOnward } from './request-onward.ts';
import type { Schema } from './schema.ts';
import { requestWake } from './workflow-request.ts';

type Trx = Transaction<Schema>;
type End = Parameters<PromotionBook['releaseClaim']>[1];
type Refused = Extract<GoLive, { outcome: 'refused' }>;

const refused = (state: Refused['state'], reason: string): Refused => ({ outcome: 'refused', state, reason });

export function goLive(db: Database, policy: Policy, key: PromotionKey): Promise<GoLive> {
  return transact(db, async (trx): Promise<GoLive> => {
    const { row, check } = await lockAndCheck(trx, policy, key, ({ state }) => state === 'reserved');
    // Whoever was to be told is told by the sweeper, where the first try did not.
    if (row.state === 'live') return { outcome: 'live', next: await requestedNext(trx, policy, key), wake: [] };
    if (check === undefined) return refused(row.state === 'quarantined' ? 'quarantined' : 'cancelled', row.reason);
    if (!(await holdsLease(trx, key))) return refused('cancelled', LEASE_RAN_OUT);
    if (check.outcome !== 'clear') return refusal(check);
    return enter(trx, policy, key, row, check);
  });
}

/** Refused for good is one thing; what only came at the wrong time may be asked for again. */
function refusal(check: Exclude<Check, { outcome: 'clear' }>): Refused {
  switch (check.outcome) {
    case 'stale':
    case 'waiting':
      return refused('cancelled', check.reason);
    case 'ended': {
      const { state, reason } = check;
      // Cancelled, it takes its copy back, looks again, and finds that it has ended.
      const isSaid = state === 'quarantined' || state === 'superseded' || state === 'cancelled';
      return refused(isSaid ? state : 'denied', reason);
    }
  }
}

async function enter(
  trx: Trx,
  policy: Policy,
  key: PromotionKey,
  row: PromotionRow,
  { approvedBy }: Extract<Check, { outcome: 'clear' }>,
): Promise<GoLive> {
  const claim = await findClaim(trx, key);
  if (claim === undefined || claim.isReleased)
    return refused('cancelled', 'what was copied was taken out again meanwhile');
  const { destination } = claim;
  const left = await endLeft(trx, key, destination, row, laterEnvironments(policy, key.environment));
  if (!(await moveChannel(trx, key, destination, row)))
    return refused('superseded', `a newer build took ${row.tag} meanwhile`);
  await trx
    .updateTable('placement')
    .set({
      state: 'live',
      since: sql<Date>`case when state = 'live' and not ${isOnlyImported('placement')} then since else now() end`,
    })
    .where('environment', '=', key.environment)
    .where('destination', '=', destination)
    .where('digest', '=', key.digest)
    .execute();
  await forgetGone(trx, { environment: key.environment, destination }, key.digest, row.tag);
  await movePromotion(trx, key, { state: 'live', reason: '', leaseSeconds: null });
  await announcePromotion(trx, key, row, {
    step: 'live',
    type: 'promotion.live',
    data: { destination, tag: row.tag, approvedBy },
  });
  const superseded = await supersedeOlder(trx, key, row);
  const waiting = await openNext(trx, policy, key);
  const wake = [...left, ...superseded, ...waiting];
  for (const id of wake) await requestWake(trx, id);
  return { outcome: 'live', next: await requestOnward(trx, policy, key, row), wake };
}

/** Ends the claim, and the promotion with it. A promotion that went live keeps what it made: a quarantine takes it out. */
export function releaseClaim(db: Database, key: PromotionKey, end: End): ReturnType<PromotionBook['releaseClaim']> {
  return transact(db, async (trx) => {
    const row = await lockPromotion(trx, key);
    if (row.state === 'live')
      return { destination: (await findClaim(trx, key))?.destination ?? key.repository, remove: [] };
    const released = await abandonClaim(trx, key);
    if (row.state === 'reserved') {
      const { state, reason, waitingFor } = endOf(row, end);
      await movePromotion(trx, key, {
        state,
        reason,
        leaseSeconds: null,
        ...(waitingFor === undefined
          ? {}
          : { waitingFor: { for: waitingFor, until: null, approvals: null, environments: [] } }),
      });
      await announcePromotion(trx, key, row, {
        step: stepOf(end, row.updated_at),
        type: `promotion.${state}`,
        data: { reason, ...(waitingFor === undefined ? {} : { for: waitingFor }) },
      });
    }
    return released;
  });
}

/** What somebody cancelled meanwhile ends as cancelled, by them, whatever its run would have it end as; one that waits, at its next look. */
function endOf({ cancel }: PromotionRow, end: End): Pick<PromotionMove, 'state' | 'reason'> & Pick<End, 'waitingFor'> {
  const isTheirs = cancel !== null && end.state !== 'waiting' && end.state !== 'quarantined';
  return isTheirs ? { state: 'cancelled', reason: cancel } : end;
}

/** Of this reservation: one that is looked at again may be taken back again. An outage is told of once, however often it is tried. */
function stepOf({ state, waitingFor }: End, reservedAt: Date): string {
  if (state !== 'waiting') return 'undone';
  return waitingFor === undefined ? `taken-back/${reservedAt.toISOString()}` : `waiting/${waitingFor}`;
}
