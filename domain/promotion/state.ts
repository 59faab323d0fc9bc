/** The life of one promotion, of one artifact into one environment. */

export const promotionStates = [
  'requested', // recorded; verdict and order not yet looked at
  'waiting', // for approvals, a freeze to end, or soak time
  'reserved', // all checks passed in one transaction; nothing copied yet
  'copying', // under a lease: evidence first, tag last
  'live',
  'denied', // by the verdict
  'rejected', // by a person
  'expired', // nobody decided in time
  'superseded', // a newer build took its place
  'cancelled', // by a person, before it was live
  'undone', // its own copy was taken back
  'failed', // broken, not refused: may be tried again
  'quarantined',
] as const;
export type PromotionState = (typeof promotionStates)[number];

/** As it is stored and told: while it copies, it is reserved. */
export const storedPromotionStates = promotionStates.filter((state) => state !== 'copying');

/** How a promotion that has not reached its registry may end. */
const ends = ['denied', 'rejected', 'expired', 'superseded', 'cancelled', 'failed', 'quarantined'] as const;

/**
 * Every legal move. From `copying` on something may be in the registry: whatever it becomes but `live`, its own copy was
 * taken back first. An ended promotion starts over as `requested`, in a new generation.
 */
const moves: { readonly [From in PromotionState]: readonly PromotionState[] } = {
  requested: ['waiting', 'reserved', ...ends],
  waiting: ['reserved', ...ends],
  reserved: ['copying', 'waiting', 'undone', ...ends],
  copying: ['live', 'waiting', 'undone', 'denied', 'superseded', 'cancelled', 'failed', 'quarantined'],
  live: ['undone', 'quarantined'],
  denied: ['requested'],
  rejected: ['requested'],
  expired: ['requested'],
  superseded: ['requested'],
  cancelled: ['requested'],
  undone: ['requested', 'quarantined'],
  failed: ['requested', 'undone', 'quarantined'],
  quarantined: ['requested'],
};

export function mayMove(from: PromotionState, to: PromotionState): boolean {
  return moves[from].includes(to);
}

/** Whether something is still to happen: no other promotion of the same artifact into the same environment may start. */
export function isOpen(state: PromotionState): boolean {
  return state === 'requested' || state === 'waiting' || state === 'reserved' || state === 'copying';
}
