import type { Egress } from '../egress/egress.ts';

/**
 * Uploads at once whose bytes come from elsewhere: each may hold the connection it reads from while it waits for one to write
 * with, and together they must leave some of a host's free. Fewer than half of the egress' connections.
 */
const STREAMED_UPLOADS = 12;

interface Turns {
  free: number;
  readonly waiting: (() => void)[];
}

/** Of all registries behind one egress, in both directions: two that copy from each other would wait for each other too. */
const turns = new WeakMap<Pick<Egress, 'send'>, Turns>();

/** Runs `act` when it is its turn, in the order of asking. */
export async function inTurn<T>(egress: Pick<Egress, 'send'>, act: () => Promise<T>): Promise<T> {
  const known = turns.get(egress);
  const ours: Turns = known ?? { free: STREAMED_UPLOADS, waiting: [] };
  if (known === undefined) turns.set(egress, ours);
  if (ours.free > 0) ours.free -= 1;
  else await new Promise<void>((resolve) => void ours.waiting.push(resolve));
  try {
    return await act();
  } finally {
    const next = ours.waiting.shift();
    if (next === undefined) ours.free += 1;
    else next();
  }
}
