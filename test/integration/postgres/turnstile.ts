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

/** Without news for longer than any lock may take, nobody will ever go on. */
const STUCK_MS = 30_000;
/** Longer than most statements take: whether one waits for a lock is only asked about those that may, and ever more rarely. */
const LOOK_AFTER_MS = 4;
const LOOK_AT_LEAST_EVERY_MS = 16;

/**
 * Runs every act to its end, side by side. After each statement an actor stops; `below` picks who goes on. One that waits
 * for a lock is left to wait while others go on: `waiting` says how many sessions do, to whom nobody has given it yet. Who
 * could go on is known before anybody is picked: the same numbers give the same order on any machine. Returns what each act
 * threw.
 */
export async function interleave(
  db: Database,
  acts: readonly ((db: Database) => Promise<void>)[],
  below: (count: number) => number,
  waiting: () => Promise<number>,
): Promise<unknown[]> {
  let news: () => void = () => undefined;
  const nextNews = () =>
    new Promise<void>((resolve) => {
      news = resolve;
    });
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
  const ready = () => actors.filter((actor) => actor.proceed !== undefined);
  const running = () => actors.filter((actor) => !actor.isDone && actor.proceed === undefined).length;
  // Whoever ran before is left alone once it waits for a lock. Where nobody can go on, it is for Postgres to end that.
  const isSettled = async () => running() === 0 || (ready().length > 0 && (await waiting()) >= running());
  while (actors.some((actor) => !actor.isDone)) {
    const candidates = ready();
    const chosen = candidates[below(candidates.length)] as Actor;
    const proceed = chosen.proceed;
    chosen.proceed = undefined;
    let changed = nextNews();
    const start = Date.now();
    proceed?.();
    let look = LOOK_AFTER_MS;
    do {
      await Promise.race([changed, delay(look)]);
      look = Math.min(2 * look, LOOK_AT_LEAST_EVERY_MS);
      if (Date.now() - start > STUCK_MS)
        throw new Error(
          `the actors wait for each other: ${running()} run, ${ready().length} may go on, ${await waiting()} wait for a lock`,
        );
      changed = nextNews();
    } while (!(await isSettled()));
  }
  return errors;
}
