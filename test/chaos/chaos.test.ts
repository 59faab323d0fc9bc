/**
 * Services killed at random moments, Kafka and Temporal restarted, a quarantine in the middle. The seed is fixed, so that
 * a change that breaks it is found by its commit; PRATIQUE_CHAOS_SEED and PRATIQUE_CHAOS_EVENTS run others.
 */
import process from 'node:process';
import { expect, it } from 'vitest';
import { runChaos } from './run-chaos.ts';

const seed = Number(process.env.PRATIQUE_CHAOS_SEED ?? 20261121);
const events = Number(process.env.PRATIQUE_CHAOS_EVENTS ?? 200);

it(`nothing is lost, doubled or let past a fence (seed ${seed}, ${events} events)`, async () => {
  const violations = await runChaos({ seed, events, log: (line) => void process.stderr.write(`${line}\n`) });
  expect(violations, `PRATIQUE_CHAOS_SEED=${seed}`).toEqual([]);
});
