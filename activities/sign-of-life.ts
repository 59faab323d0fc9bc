/**
 * Milliseconds between two of them, and before the first: each is a write of Temporal's, and most activities are over before.
 * Far below every heartbeat timeout (workflows: options.ts).
 */
const SELDOM_MS = 5000;

/** Says where an activity is, at most every few seconds, however often it is called. */
export function createSignOfLife(context: { heartbeat(place: string): void }): (place: string) => void {
  let last = performance.now();
  return (place) => {
    const now = performance.now();
    if (now - last < SELDOM_MS) return;
    last = now;
    context.heartbeat(place);
  };
}

/** Says where an activity is. Throws where its worker shuts down: another one goes on, and nobody waits for the rest. */
export function sayWhere(
  context: { heartbeat(place: string): void; readonly cancellationSignal: AbortSignal },
  place: string,
): void {
  context.cancellationSignal.throwIfAborted();
  context.heartbeat(place);
}
