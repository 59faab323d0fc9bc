/** Runs an act when it is its turn. Throws what it throws, or the signal's reason where that is aborted before the turn comes. */
export type TakeTurn = <T>(act: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** So many acts at once, in the order they asked. */
export function createTurns(atOnce: number): TakeTurn {
  let free = atOnce;
  const waiting = new Set<() => void>();
  const pass = (): void => {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  };
  return async (act, signal) => {
    signal?.throwIfAborted();
    if (free > 0) free -= 1;
    else await turn(waiting, signal);
    try {
      return await act();
    } finally {
      pass();
    }
  };
}

function turn(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      waiting.delete(come);
      signal?.removeEventListener('abort', giveUp);
    };
    const come = (): void => {
      leave();
      resolve();
    };
    const giveUp = (): void => {
      leave();
      reject(signal?.reason);
    };
    waiting.add(come);
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}
