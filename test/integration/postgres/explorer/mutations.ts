/**
 * Ways to break the product, one each: a statement is changed on its way to Postgres, as a careless edit would. Not among
 * them is what a second check covers as well: locks of fences (under the epoch), the children of an index that is looked at
 * (it is fenced with them).
 */
import type { Rewrite } from './world.ts';

export interface Mutation {
  readonly what: string;
  /** The first order that found it, counted from seed 1. */
  readonly seed: number;
  /** In the statement that is changed. */
  readonly in: string;
  readonly from: string;
  readonly to: string;
}

const noLock = { from: 'for no key update', to: '' } as const;

export const mutations: readonly Mutation[] = [
  { what: 'nobody shares the epoch', seed: 145, in: 'from incident_epoch', from: 'for share', to: '' },
  {
    what: 'a reservation does not look at fences',
    seed: 3,
    in: "'denied since incident '",
    from: 'limit 1',
    to: 'limit 0',
  },
  {
    what: 'the indexes of a child are forgotten',
    seed: 1,
    in: 'union select parent from artifact_edge',
    from: 'where child = any',
    to: 'where false and child = any',
  },
  {
    what: 'copies are forgotten',
    seed: 1,
    in: 'where mine.own = (',
    from: 'where mine.own = (',
    to: 'where false and mine.own = (',
  },
  {
    what: 'a fact is written without a look at the open incidents',
    seed: 3,
    in: 'select "id", "selector", "reason" from "incident"',
    from: 'where',
    to: 'where false and',
  },
  {
    what: 'a release lowers the fence of another incident',
    seed: 2,
    in: 'update artifact_fence f set',
    from: "and s.state <> 'released'",
    to: "and s.state = 'nothing'",
  },
  {
    what: 'a closed incident leaves nothing behind',
    seed: 4,
    in: 'insert into deny_entry',
    from: 'where',
    to: 'where false and',
  },
  {
    what: 'a place is given up though another claims it',
    seed: 24,
    in: 'select "claim" from "placement_claim"',
    from: 'where',
    to: 'where false and',
  },
  { what: 'a promotion is read, not locked', seed: 135, in: 'select * from "promotion"', ...noLock },
  {
    what: 'the later of two builds wins the tag, whichever it is',
    seed: 99,
    in: 'insert into channel',
    from: '(channel.build_order <= excluded.build_order and',
    to: '(true or',
  },
  {
    what: 'the first verdict counts, not the newest',
    seed: 104,
    in: 'from "verdict"',
    from: 'order by "evaluated_at" desc, "id" desc',
    to: 'order by "id" asc',
  },
  { what: 'a generation is opened without its lock', seed: 17, in: 'select "generation" from "artifact"', ...noLock },
  {
    what: 'two who ask at once both make a promotion',
    seed: 188,
    in: 'insert into "promotion"',
    from: 'on conflict do nothing',
    to: '',
  },
  {
    what: 'two policies are put in force at once',
    seed: 50,
    in: 'lock table policy',
    from: 'lock table policy in share row exclusive mode',
    to: 'select 1',
  },
];

/** The rewrite, and how many statements it changed so far. */
export function createMutation({ in: place, from, to }: Mutation): { rewrite: Rewrite; changed: () => number } {
  let changed = 0;
  return {
    changed: () => changed,
    rewrite(statement) {
      if (!statement.includes(place) || !statement.includes(from)) return statement;
      changed += 1;
      return statement.replace(from, to);
    },
  };
}
