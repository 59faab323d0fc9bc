/**
 * Does the explorer find what is broken? One statement is broken at a time, and must be found: from the seed on that found it
 * first, or, with PRATIQUE_MUTATE=1, from the first seed, as whoever does not know of it would.
 */
import process from 'node:process';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { exploreAll } from './explorer/explore.ts';
import { createMutation, mutations } from './explorer/mutations.ts';
import { type Lane, openLane } from './explorer/world.ts';

const WITHIN = 500;
const fromTheFirst = process.env.PRATIQUE_MUTATE === '1';

let lanes: readonly Lane[];
beforeAll(async () => {
  lanes = await Promise.all([openLane(), openLane(), openLane(), openLane()]);
});
afterEach(() => {
  for (const lane of lanes) lane.mutate(undefined);
});
afterAll(() => Promise.all((lanes ?? []).map((lane) => lane.close())));

test.each(mutations)('finds it when $what', async (mutation) => {
  const { rewrite, changed } = createMutation(mutation);
  for (const lane of lanes) lane.mutate(rewrite);
  const { bad } = await exploreAll(lanes, { first: fromTheFirst ? 1 : mutation.seed, count: WITHIN });
  expect(changed(), 'no statement is like that any more').toBeGreaterThan(0);
  if (fromTheFirst) process.stderr.write(`${mutation.what}: seed ${bad?.seed}: ${bad?.found[0]?.slice(0, 120)}\n`);
  expect(bad, `not found in ${WITHIN} orders`).toBeDefined();
});
