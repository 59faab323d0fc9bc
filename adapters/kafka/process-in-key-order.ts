/** What became of a run over one batch: all done, or the first failure that stopped it. */
export type BatchOutcome =
  | { readonly outcome: 'done' | 'stopped' }
  | { readonly outcome: 'failed'; readonly error: unknown };

export interface KeyOrderOptions<T> {
  /** Handled at once, at most. */
  readonly limit: number;
  /** Items with equal keys are handled one after the other, in their order; undefined stands alone. */
  readonly keyOf: (item: T) => string | undefined;
  readonly handle: (item: T) => Promise<void>;
  /** Asked before each item: false ends the run after what is under way. */
  readonly mayContinue: () => boolean;
}

/** Handles items with bounded concurrency, in order within a key. A failure starts nothing new and waits for the rest. */
export async function processInKeyOrder<T>(items: readonly T[], options: KeyOrderOptions<T>): Promise<BatchOutcome> {
  const lanes = [...laneOf(items, options.keyOf)];
  let failure: { error: unknown } | undefined;
  let stopped = false;
  const runLane = async (lane: readonly T[]) => {
    for (const item of lane) {
      if (failure !== undefined) return;
      if (!options.mayContinue()) {
        stopped = true;
        return;
      }
      try {
        await options.handle(item);
      } catch (error) {
        failure ??= { error };
        return;
      }
    }
  };
  let next = 0;
  const runner = async () => {
    for (let lane = lanes[next++]; lane !== undefined; lane = lanes[next++]) await runLane(lane);
  };
  await Promise.all(Array.from({ length: Math.min(options.limit, lanes.length) }, runner));
  if (failure !== undefined) return { outcome: 'failed', error: failure.error };
  return { outcome: stopped ? 'stopped' : 'done' };
}

function laneOf<T>(items: readonly T[], keyOf: (item: T) => string | undefined): Iterable<T[]> {
  const lanes = new Map<string | T, T[]>();
  for (const item of items) {
    const key = keyOf(item) ?? item;
    const lane = lanes.get(key);
    if (lane === undefined) lanes.set(key, [item]);
    else lane.push(item);
  }
  return lanes.values();
}
