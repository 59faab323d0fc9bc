/** One statement at a time: actors on their own connections, and a seed that says whose turn it is. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KyselyPlugin } from 'kysely';
import type { Database } from '../../../adapters/postgres/database.ts';

/** A small generator (mulberry32): the same numbers for the same seed. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface Actor {
  readonly db: Database;
  /** Set while it waits for its turn. */
  proceed?: (() => void) | undefined;
  isDone: boolean;
}

/** Longer than any lock may take: then nobody will ever go on. */
const STUCK_MS = 15_000;

/**
 * Runs every act to its end, side by side. After each statement an actor stops; `below` picks who goes on. One that waits
 * for a lock is left to wait while others go on: `waiting` says how many sessions do. Returns what each act threw.
 */
export async function interleave(
  db: Database,
  acts: readonly ((db: Database) => Promise<void>)[],
  below: (count: number) => number,
  waiting: () => Promise<number>,
): Promise<unknown[]> {
  let news: () => void = () => undefined;
  const errors: unknown[] = [];
  const actors = acts.map((act): Actor => {
    const stop = () =>
      new Promise<void>((resolve) => {
        actor.proceed = resolve;
        news();
      });
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        await stop();
        return result;
      },
    };
    const actor: Actor = { db: db.withPlugin(plugin), isDone: false };
    void stop()
      .then(() => act(actor.db))
      .catch((error: unknown) => void errors.push(error))
      .finally(() => {
        actor.isDone = true;
        news();
      });
    return actor;
  });
  const running = () => actors.filter((actor) => !actor.isDone && actor.proceed === undefined).length;
  for (const start = Date.now(); actors.some((actor) => !actor.isDone); ) {
    const ready = actors.filter((actor) => actor.proceed !== undefined);
    const chosen = ready[below(Math.max(1, ready.length))];
    const changed = new Promise<void>((resolve) => {
      news = resolve;
    });
    const proceed = chosen?.proceed;
    if (chosen !== undefined) chosen.proceed = undefined;
    proceed?.();
    // Until the chosen one stops again, or everybody who runs waits for a lock.
    for (let wait = 1; ; wait = 3) {
      const settled = await Promise.race([changed.then(() => true), delay(wait, false)]);
      if (settled && (chosen === undefined || chosen.isDone || chosen.proceed !== undefined)) break;
      if (chosen !== undefined && (chosen.isDone || chosen.proceed !== undefined)) break;
      if (running() > 0 && chosen !== undefined && (await waiting()) >= running()) break;
      if (Date.now() - start > STUCK_MS) throw new Error('the actors wait for each other');
    }
  }
  return errors;
}
