/** One order: a plan and every turn taken from a seed, carried out side by side, then looked at. */
import { sql } from 'kysely';
import { createHarbour } from '../harbour.ts';
import { interleave, seeded } from '../turnstile.ts';
import { type ActName, acts } from './acts.ts';
import { violations } from './forbidden.ts';
import { type Lane, type Subject, subjects } from './world.ts';

export interface Explored {
  readonly seed: number;
  /** What each actor did, one after the other. */
  readonly plan: readonly (readonly [ActName, Subject][])[];
  /** Empty is good. */
  readonly found: readonly string[];
  /** What came about, as the outbox tells it: `promotion.live in prod`. */
  readonly seen: readonly string[];
}

const names = Object.keys(acts) as ActName[];

/** Two to four actors with one or two things to do each; somebody always promotes, and mostly somebody suspects. */
function planOf(below: (count: number) => number): Explored['plan'] {
  const one = <T>(list: readonly T[]) => list[below(list.length)] as T;
  const some = (least: number): [ActName, Subject][] =>
    Array.from({ length: least + below(2) }, () => [one(names), one(subjects)]);
  const first = one<ActName>(['promote', 'promote', 'promote', 'rollback', 'undo']);
  const second = one<ActName>(['suspectDigest', 'suspectSigner', 'suspectDigest', 'promote', 'changePolicy']);
  const subject = one(subjects);
  // What needs a promotion that came off: scripts begin with one.
  const script = one<readonly ActName[]>([
    ['promote', 'approve', one<ActName>(['rescan', 'promoteToProd', 'approve']), 'promoteToProd'],
    ['promote', 'pushAgain', one<ActName>(['undo', 'promote'])],
    ['promote', 'approve', 'rescan', 'promoteToProd'],
    ['promote', 'suspectDigest', 'quarantine', one<ActName>(['release', 'close', 'push'])],
    ['promote', 'suspectSigner', 'release', 'promote'],
  ]);
  const plan = [
    [[first, one(subjects)], ...some(0)],
    [[second, one(subjects)], ...some(0)],
    ...(below(2) === 0 ? [script.map((act): [ActName, Subject] => [act, subject])] : []),
    ...Array.from({ length: below(3) }, () => some(1)),
  ] satisfies Explored['plan'];
  // Now and then, two who are known to get in each other's way.
  const races: readonly Explored['plan'][] = [
    // What is asked for once is asked for twice: an event that came again, a second click.
    [one(plan)],
    [[['sign', subject]], [['suspectSigner', subject]]],
    [[['promote', subject]], [['undo', subject]]],
    [
      [
        ['promote', subject],
        ['pushAgain', subject],
        ['undo', subject],
      ],
      [['promote', subject]],
    ],
  ];
  return [...plan, ...(races[below(2 * races.length)] ?? [])];
}

async function explore(lane: Lane, seed: number): Promise<Explored> {
  const below = seeded(seed);
  const plan = planOf(below);
  await lane.reset();
  const errors = await interleave(
    lane.db,
    plan.map((steps) => async (db) => {
      const mine = createHarbour(db);
      for (const [act, subject] of steps) await acts[act](mine, subject);
    }),
    below,
    lane.waiting,
  );
  const found = [...errors.map((error) => `threw: ${String(error)}`), ...(await violations(lane.db))];
  const { rows } = await sql<{ what: string }>`
    select distinct type || coalesce(' in ' || (data ->> 'environment'), '') as what from outbox`.execute(lane.db);
  return { seed, plan, found, seen: rows.map(({ what }) => what) };
}

/**
 * The seeds, shared out among the lanes; ends at the first that finds something (`bad`). `seen`: all that came about in any
 * order, and how often.
 */
export async function exploreAll(
  lanes: readonly Lane[],
  seeds: { readonly first: number; readonly count: number },
): Promise<{ readonly bad: Explored | undefined; readonly seen: ReadonlyMap<string, number> }> {
  const seen = new Map<string, number>();
  let next = seeds.first;
  const bad: Explored[] = [];
  await Promise.all(
    lanes.map(async (lane) => {
      while (next < seeds.first + seeds.count && bad.length === 0) {
        const seed = next;
        next += 1;
        const explored = await explore(lane, seed);
        for (const what of explored.seen) seen.set(what, (seen.get(what) ?? 0) + 1);
        if (explored.found.length > 0) bad.push(explored);
      }
    }),
  );
  return { bad: bad.toSorted((a, b) => a.seed - b.seed)[0], seen };
}
