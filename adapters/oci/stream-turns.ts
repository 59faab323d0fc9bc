import { createTurns, type TakeTurn } from '../concurrency/turns.ts';
import type { Egress } from '../egress/egress.ts';

/**
 * Uploads at once whose bytes come from elsewhere: each may hold the connection it reads from while it waits for one to write
 * with, and together they must leave some of a host's free. Fewer than half of the egress' connections.
 */
const STREAMED_UPLOADS = 12;

/** Of all registries behind one egress, in both directions: two that copy from each other would wait for each other too. */
const turns = new WeakMap<Pick<Egress, 'send'>, TakeTurn>();

/** Runs `act` when it is its turn, in the order of asking. */
export function inTurn<T>(egress: Pick<Egress, 'send'>, act: () => Promise<T>): Promise<T> {
  const takeTurn = turns.get(egress) ?? createTurns(STREAMED_UPLOADS);
  turns.set(egress, takeTurn);
  return takeTurn(act);
}
